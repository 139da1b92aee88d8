import { limits } from '../domain/limits.ts'

const { windowMessageBytes, windowFileBytes, windowPlantBytes } = limits

/** Methods that carry a file, or what it changes in the whole plant; all others keep to `windowMessageBytes`. */
const larger: Readonly<Record<string, number>> = {
  'capture.look': windowFileBytes + windowMessageBytes,
  'capture.import': windowFileBytes + windowMessageBytes,
  'bundle.open': windowPlantBytes + windowMessageBytes,
  'bundle.preview': windowPlantBytes + windowMessageBytes,
  'bundle.import': windowPlantBytes + windowMessageBytes,
  'config.preview': windowPlantBytes,
  'config.change': windowPlantBytes,
  'config.addPoints': windowPlantBytes,
  'template.offer': 3 * windowMessageBytes,
}

export function mostBytesOf(method: string | null): number {
  return (method !== null && Object.hasOwn(larger, method) ? larger[method] : undefined) ?? windowMessageBytes
}

/**
 * About what a message takes on its way: text a byte a character, two where one is beyond Latin-1, bytes as they are, eight of
 * anything else. Ends as soon as it is more than `most`.
 */
export function bytesOfMessage(message: unknown, most: number): number {
  const waiting: unknown[] = [message]
  let bytes = 0
  while (waiting.length > 0 && bytes <= most) {
    const value = waiting.pop()
    if (typeof value === 'string') bytes += /[^\0-\u00ff]/.test(value) ? 2 * value.length : value.length
    else if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) bytes += value.byteLength
    else if (typeof value === 'object' && value !== null) {
      bytes += 8
      // Of a list the holes count as well: one of a billion is no small message to walk through.
      if (Array.isArray(value)) bytes += value.length
      if (bytes > most) break
      for (const [key, each] of Object.entries(value)) {
        bytes += key.length
        waiting.push(each)
      }
    } else bytes += 8
  }
  return bytes
}
