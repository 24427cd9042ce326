import {
  createFileRegistry,
  type DescMethod,
  type DescService,
  fromBinary,
  fromJsonString,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import {
  Client,
  type ClientDuplexStream,
  credentials,
  loadPackageDefinition,
  type ServiceClientConstructor,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { create } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { fileURLToPath } from "node:url";

const PROTO_FOLDER = fileURLToPath(new URL("../../proto", import.meta.url));

/** A client that knows nothing but the server: what grpcurl is to a person. */
export interface ReflectionClient {
  /** Full names of the services, sorted. */
  services(): Promise<string[]>;
  service(name: string): Promise<DescService>;
  /**
   * Calls `package.Service/Method` with ProtoJSON messages; a server stream gives what came within
   * `forMs`.
   */
  call(method: string, requests: readonly string[], forMs?: number): Promise<string[]>;
  close(): void;
}

export function reflectionClient(
  address: string,
  version: "v1" | "v1alpha" = "v1",
): ReflectionClient {
  const client = new Client(address, credentials.createInsecure());

  async function service(name: string): Promise<DescService> {
    const files = await filesOf(address, version, name);
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: files }));
    const found = registry.getService(name);
    if (!found) throw new Error(`the server does not describe ${name}`);
    return found;
  }

  return {
    service,
    async services() {
      const [response] = await ask(address, version, [{ list_services: "" }]);
      const list = response?.["list_services_response"] as { service: { name: string }[] };
      return list.service.map(({ name }) => name).sort();
    },
    async call(path, requests, forMs = 500) {
      const [serviceName = "", methodName = ""] = path.split("/");
      const method = (await service(serviceName)).methods.find(({ name }) => name === methodName);
      if (!method) throw new Error(`${serviceName} has no ${methodName}`);
      return callMethod(client, `/${path}`, method, requests, forMs);
    },
    close: () => {
      client.close();
    },
  };
}

function callMethod(
  client: Client,
  path: string,
  method: DescMethod,
  requests: readonly string[],
  forMs: number,
): Promise<string[]> {
  const answers: string[] = [];
  const call = client.makeBidiStreamRequest(
    path,
    (request: string) => Buffer.from(toBinary(method.input, fromJsonString(method.input, request))),
    (bytes) => toJsonString(method.output, fromBinary(method.output, bytes), { prettySpaces: 2 }),
  );
  for (const request of requests) call.write(request);
  call.end();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      call.cancel();
      resolve(answers);
    }, forMs);
    call.on("data", (answer: string) => answers.push(answer));
    call.on("end", () => {
      clearTimeout(timer);
      resolve(answers);
    });
    call.on("error", reject);
  });
}

type Response = Readonly<Record<string, unknown>>;

/** The file that declares `symbol` and everything it imports, imports first. */
async function filesOf(
  address: string,
  version: string,
  symbol: string,
): Promise<FileDescriptorProto[]> {
  const files = new Map<string, FileDescriptorProto>();
  const add = (response: Response | undefined): void => {
    const found = response?.["file_descriptor_response"] as
      { file_descriptor_proto: Uint8Array[] } | undefined;
    if (!found) throw new Error(`no descriptor: ${JSON.stringify(response)}`);
    for (const bytes of found.file_descriptor_proto) {
      const file = fromBinary(FileDescriptorProtoSchema, bytes);
      files.set(file.name, file);
    }
  };
  const [first] = await ask(address, version, [{ file_containing_symbol: symbol }]);
  add(first);
  for (;;) {
    const missing = [...files.values()]
      .flatMap((file) => file.dependency)
      .find((name) => !files.has(name));
    if (missing === undefined) break;
    const [response] = await ask(address, version, [{ file_by_filename: missing }]);
    add(response);
  }
  return importsFirst(files);
}

function importsFirst(files: ReadonlyMap<string, FileDescriptorProto>): FileDescriptorProto[] {
  const sorted = new Set<FileDescriptorProto>();
  const visit = (file: FileDescriptorProto): void => {
    for (const name of file.dependency) {
      const imported = files.get(name);
      if (imported && !sorted.has(imported)) visit(imported);
    }
    sorted.add(file);
  };
  for (const file of files.values()) visit(file);
  return [...sorted];
}

function ask(address: string, version: string, requests: readonly object[]): Promise<Response[]> {
  const definition = loadSync(`grpc/reflection/${version}/reflection.proto`, {
    includeDirs: [PROTO_FOLDER],
    keepCase: true,
    oneofs: true,
  });
  const loaded = loadPackageDefinition(definition) as unknown as {
    grpc: { reflection: Record<string, { ServerReflection: ServiceClientConstructor }> };
  };
  const stubClass = loaded.grpc.reflection[version]?.ServerReflection;
  if (!stubClass) throw new Error(`no reflection ${version}`);
  const stub = new stubClass(address, credentials.createInsecure());
  const open = stub["ServerReflectionInfo"] as () => ClientDuplexStream<object, Response>;
  const call = open.call(stub);
  const responses: Response[] = [];
  for (const request of requests) call.write(request);
  call.end();
  return new Promise((resolve, reject) => {
    call.on("data", (response: Response) => responses.push(response));
    call.on("error", reject);
    call.on("end", () => {
      stub.close();
      resolve(responses);
    });
  });
}
