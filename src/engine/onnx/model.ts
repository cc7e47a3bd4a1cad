import type { OnnxAttribute } from './emitter.ts';
import { ProtobufWriter } from './protobuf.ts';

// Field numbers and enum values are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).

/** `TensorProto.DataType`. */
export const elementType = { float: 1, int32: 6, int64: 7, bool: 9, double: 11 } as const;
export type ElementType = keyof typeof elementType;

/** A size or the name of one that changes from run to run. */
export type OnnxDim = number | string;

export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly OnnxDim[];
}

export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface Initializer {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Little-endian elements. */
  readonly bytes: Uint8Array;
}

/** A constant whose elements stand outside the file, under a path that the runtime is given them for. */
export interface ExternalInitializer {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly path: string;
  readonly byteLength: number;
}

export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly ValueInfo[];
  /** Element types only: shapes are inferred by the runtime. */
  readonly outputs: readonly { readonly name: string; readonly type: ElementType }[];
  readonly initializers: readonly Initializer[];
  readonly externals?: readonly ExternalInitializer[];
}

/** Opset 20 is the first with `Gelu`; IR version 9 is the one it was released with. */
const opsetVersion = 20;
const irVersion = 9;

/** `TensorProto.DataLocation.EXTERNAL`. */
const externalLocation = 1;

/** Serialises a model as an ONNX file (`ModelProto`). */
export function encodeModel(model: OnnxModel): Uint8Array<ArrayBuffer> {
  return new ProtobufWriter()
    .varint(1, irVersion)
    .string(2, 'verbena')
    .message(7, (graph) => {
      for (const node of model.nodes) graph.message(1, (inner) => writeNode(inner, node));
      graph.string(2, 'verbena');
      for (const initializer of model.initializers) {
        graph.message(5, (tensor) => {
          tensor.packedVarints(1, initializer.shape).varint(2, elementType[initializer.type]);
          tensor.string(8, initializer.name).delimited(9, initializer.bytes);
        });
      }
      for (const { name, type, shape, path, byteLength } of model.externals ?? []) {
        graph.message(5, (tensor) => {
          tensor.packedVarints(1, shape).varint(2, elementType[type]).string(8, name);
          for (const [key, value] of [
            ['location', path],
            ['offset', '0'],
            ['length', String(byteLength)],
          ] as const)
            tensor.message(13, (entry) => entry.string(1, key).string(2, value));
          tensor.varint(14, externalLocation);
        });
      }
      for (const input of model.inputs)
        graph.message(11, (info) => writeValueInfo(info, input.name, input.type, input.shape));
      for (const output of model.outputs)
        graph.message(12, (info) => writeValueInfo(info, output.name, output.type, null));
    })
    .message(8, (opset) => opset.string(1, '').varint(2, opsetVersion))
    .finish();
}

function writeNode(writer: ProtobufWriter, node: OnnxNode): void {
  for (const input of node.inputs) writer.string(1, input);
  for (const output of node.outputs) writer.string(2, output);
  writer.string(3, node.name).string(4, node.opType);
  for (const [name, value] of Object.entries(node.attributes)) {
    writer.message(5, (attribute) => {
      attribute.string(1, name);
      if (typeof value === 'number') attribute.varint(3, value).varint(20, 2);
      else if (typeof value === 'string') attribute.string(4, value).varint(20, 3);
      else if ('float' in value) attribute.float(2, value.float).varint(20, 1);
      else attribute.packedVarints(8, value).varint(20, 7);
    });
  }
}

function writeValueInfo(
  writer: ProtobufWriter,
  name: string,
  type: ElementType,
  shape: readonly OnnxDim[] | null,
): void {
  writer.string(1, name).message(2, (typeProto) => {
    typeProto.message(1, (tensor) => {
      tensor.varint(1, elementType[type]);
      if (!shape) return;
      tensor.message(2, (shapeProto) => {
        for (const dim of shape) {
          shapeProto.message(1, (dimProto) => {
            if (typeof dim === 'number') dimProto.varint(1, dim);
            else dimProto.string(2, dim);
          });
        }
      });
    });
  });
}
