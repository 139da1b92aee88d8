import { zstdCompressSync } from 'node:zlib'
import { ByteWriter, ParquetWriter, type ColumnSource, type SchemaElement } from 'hyparquet-writer'

/** One column of a row group. `null` in a time is a missing time; NaN payloads and the sign of zero are kept in numbers. */
export type ParquetColumn =
  | { name: string; kind: 'time'; data: readonly (bigint | null)[] }
  | { name: string; kind: 'number'; data: Float64Array }
  | { name: string; kind: 'count'; data: Int32Array }
  | { name: string; kind: 'text'; data: readonly string[] }

export type ParquetSchema = readonly Pick<ParquetColumn, 'name' | 'kind'>[]

const elements: Record<ParquetColumn['kind'], Omit<SchemaElement, 'name'>> = {
  // Nanoseconds since 1970, UTC: the only unit of the format that holds OPC UA's 100 ns. It ends in 1677 and 2262.
  time: {
    type: 'INT64',
    repetition_type: 'OPTIONAL',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' },
  },
  number: { type: 'DOUBLE', repetition_type: 'REQUIRED' },
  count: { type: 'INT32', repetition_type: 'REQUIRED' },
  text: {
    type: 'BYTE_ARRAY',
    repetition_type: 'REQUIRED',
    converted_type: 'UTF8',
    logical_type: { type: 'STRING' },
  },
}

/** A Parquet file written row group by row group; only the group at hand and the footer's list of groups are in memory. */
export class ParquetFile {
  readonly #bytes = new ByteWriter()
  readonly #writer: ParquetWriter
  readonly #sink: (bytes: Uint8Array) => void

  /** `about` becomes the file's key-value metadata. The bytes handed to `sink` are its own. */
  constructor(
    schema: ParquetSchema,
    about: Readonly<Record<string, string>>,
    createdBy: string,
    sink: (bytes: Uint8Array) => void,
  ) {
    this.#sink = sink
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: [
        { name: 'root', num_children: schema.length },
        ...schema.map(({ name, kind }) => ({ name, ...elements[kind] })),
      ],
      codec: 'ZSTD',
      compressors: { ZSTD: (bytes) => zstdCompressSync(bytes) },
      kvMetadata: Object.entries(about).map(([key, value]) => ({ key, value })),
      createdBy,
    })
  }

  /** One row group: the columns of the schema in its order, all of one length. */
  append(columns: readonly ParquetColumn[]): void {
    const rows = columns[0]?.data.length ?? 0
    if (rows === 0) return
    void this.#writer.write({ columnData: columns.map(sourceOf), rowGroupSize: rows })
    this.#flush()
  }

  finish(): void {
    void this.#writer.finish()
    if (this.#writer.row_groups.length === 0) nameEmptyList(this.#bytes.getBytes())
    this.#flush()
  }

  #flush(): void {
    this.#sink(this.#bytes.getBytes().slice())
    this.#bytes.index = 0
  }
}

/**
 * hyparquet-writer 0.17 writes an empty list of row groups as a list of nothing (0x00). Readers that check (the Rust one does) refuse the
 * file: in Thrift's compact form an empty list of structs is 0x0c. Before it stand num_rows = 0 and the field's own header.
 */
function nameEmptyList(bytes: Uint8Array): void {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(Buffer.of(0x16, 0x00, 0x19, 0x00))
  if (at >= 0) bytes[at + 3] = 0x0c
}

function sourceOf(column: ParquetColumn): ColumnSource {
  const { name } = column
  switch (column.kind) {
    case 'time':
      // 0.28 bytes a sample at a jittering 10 Hz, against 3.5 plain; both behind zstd.
      return { name, data: [...column.data], encoding: 'DELTA_BINARY_PACKED' }
    case 'number':
      // Left to itself the library takes a dictionary where that halves the size, but its dictionary is a Map, in which every
      // NaN is one and -0 is 0.
      return needsBits(column.data) ? { name, data: column.data, encoding: 'PLAIN' } : { name, data: column.data }
    case 'count':
      return { name, data: column.data, encoding: 'DELTA_BINARY_PACKED' }
    case 'text':
      return { name, data: [...column.data], encoding: 'RLE_DICTIONARY' }
  }
}

function needsBits(values: Float64Array): boolean {
  return values.some((value) => Number.isNaN(value) || Object.is(value, -0))
}
