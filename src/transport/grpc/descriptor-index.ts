import {
  type DescExtension,
  type DescFile,
  type DescMessage,
  type FileRegistry,
  toBinary,
} from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";

/** Finds the files of the descriptor set as clients of server reflection ask for them. */
export interface DescriptorIndex {
  /** These answer the file, then everything it imports, as FileDescriptorProto bytes; undefined: not found. */
  fileByName(name: string): Buffer[] | undefined;
  /** Any symbol: a service, method, message, field, oneof, enum, enum value or extension. */
  fileContainingSymbol(symbol: string): Buffer[] | undefined;
  fileContainingExtension(typeName: string, number: number): Buffer[] | undefined;
  /** Ascending; undefined when there is no such message. */
  extensionNumbersOf(typeName: string): number[] | undefined;
}

export function createDescriptorIndex(registry: FileRegistry): DescriptorIndex {
  const files = [...registry.files];
  const fileOfSymbol = new Map(
    files.flatMap((file) => symbolsOf(file).map((symbol) => [symbol, file] as const)),
  );
  const extensions = files.flatMap((file) => [
    ...file.extensions,
    ...messagesOf(file).flatMap((message) => message.nestedExtensions),
  ]);
  return {
    fileByName: (name) => withImports(registry.getFile(name)),
    fileContainingSymbol: (symbol) => withImports(fileOfSymbol.get(symbol)),
    fileContainingExtension: (typeName, number) =>
      withImports(extensions.find((extension) => isExtensionOf(extension, typeName, number))?.file),
    extensionNumbersOf: (typeName) =>
      registry.getMessage(typeName) &&
      extensions
        .filter((extension) => extension.extendee.typeName === typeName)
        .map((extension) => extension.number)
        .sort((left, right) => left - right),
  };
}

function isExtensionOf(extension: DescExtension, typeName: string, number: number): boolean {
  return extension.extendee.typeName === typeName && extension.number === number;
}

function withImports(file: DescFile | undefined): Buffer[] | undefined {
  if (!file) return undefined;
  const found = new Set([file]);
  for (const each of found) for (const imported of each.dependencies) found.add(imported);
  return [...found].map(({ proto }) => Buffer.from(toBinary(FileDescriptorProtoSchema, proto)));
}

// Why the raw descriptors: the registry's view leaves out the messages of map entries.
function symbolsOf({ proto }: DescFile): string[] {
  const scope = proto.package === "" ? "" : `${proto.package}.`;
  return [
    ...proto.messageType.flatMap((message) => messageSymbols(scope, message)),
    ...proto.enumType.flatMap((each) => enumSymbols(scope, each)),
    ...proto.extension.map(({ name }) => `${scope}${name}`),
    ...proto.service.flatMap(({ name, method }) => [
      `${scope}${name}`,
      ...method.map((each) => `${scope}${name}.${each.name}`),
    ]),
  ];
}

function messageSymbols(outer: string, message: DescriptorProto): string[] {
  const { field, oneofDecl, extension, nestedType, enumType } = message;
  const scope = `${outer}${message.name}.`;
  return [
    `${outer}${message.name}`,
    ...[...field, ...oneofDecl, ...extension].map(({ name }) => `${scope}${name}`),
    ...nestedType.flatMap((nested) => messageSymbols(scope, nested)),
    ...enumType.flatMap((each) => enumSymbols(scope, each)),
  ];
}

// Source: in protobuf an enum value is a sibling of its enum: `pkg.VALUE`, not `pkg.Enum.VALUE`.
function enumSymbols(scope: string, { name, value }: EnumDescriptorProto): string[] {
  return [name, ...value.map((each) => each.name)].map((symbol) => `${scope}${symbol}`);
}

function messagesOf(file: DescFile): DescMessage[] {
  const withNested = (message: DescMessage): DescMessage[] => [
    message,
    ...message.nestedMessages.flatMap(withNested),
  ];
  return file.messages.flatMap(withNested);
}
