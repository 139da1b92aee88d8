import { RecordingError } from './recording-error.ts'

/** Raw little-endian float32, no header. */
export function decodeF32(file: string, bytes: Buffer): Float64Array {
  if (bytes.length % 4 !== 0) {
    throw new RecordingError(
      `${file} has ${bytes.length} bytes, which is no whole number of float32 samples: it may be cut short or of another type`,
    )
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const samples = new Float64Array(bytes.length / 4)
  for (let i = 0; i < samples.length; i += 1) samples[i] = view.getFloat32(4 * i, true)
  return samples
}
