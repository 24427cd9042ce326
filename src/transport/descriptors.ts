import { createFileRegistry, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { descriptorSetBytes } from "../gen/descriptor-set.js";

/** Everything that `proto/` defines, imports included; for reflection and transcoding. Costs some milliseconds. */
export function createDescriptorRegistry(): FileRegistry {
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSetBytes()));
}
