/* oxlint-disable no-underscore-dangle -- Emscripten names exported C functions so */
import createPffft, { type PffftModule } from '@echogarden/pffft-wasm/simd'
import type { Fft, FloatTransform } from '../../shared/domain/transforms.ts'

const REAL = 0
const COMPLEX = 1
const FORWARD = 0
const BACKWARD = 1

export class FftSizeError extends Error {
  override readonly name = 'FftSizeError'
}

/** PFFFT's rule for SIMD of four floats: 2^a 3^b 5^c, a multiple of 32 (real) or 16 (complex). */
function isSupported(size: number, multiple: number): boolean {
  if (!Number.isInteger(size) || size < multiple || size % multiple !== 0) return false
  let rest = size
  for (const factor of [2, 3, 5]) while (rest % factor === 0) rest /= factor
  return rest === 1
}

class PffftTransform implements FloatTransform {
  readonly size: number
  readonly #module: PffftModule
  readonly #setup: number
  readonly #inputPointer: number
  readonly #outputPointer: number
  readonly #workPointer: number
  readonly #floats: number
  #input: Float32Array
  #output: Float32Array

  constructor(module: PffftModule, size: number, kind: typeof REAL | typeof COMPLEX) {
    this.size = size
    this.#module = module
    this.#floats = kind === REAL ? size : 2 * size
    this.#setup = module._pffft_new_setup(size, kind)
    if (this.#setup === 0)
      throw new FftSizeError(`no transform of ${size} points: the size must be 2^a 3^b 5^c and a multiple of 32`)
    // A work area of our own: without one PFFFT takes it from the module's 64 KB stack, which 16 384 points overflow.
    this.#inputPointer = module._pffft_aligned_malloc(4 * this.#floats)
    this.#outputPointer = module._pffft_aligned_malloc(4 * this.#floats)
    this.#workPointer = module._pffft_aligned_malloc(4 * this.#floats)
    this.#input = this.#view(this.#inputPointer)
    this.#output = this.#view(this.#outputPointer)
  }

  #view(pointer: number): Float32Array {
    return new Float32Array(this.#module.HEAPF32.buffer, pointer, this.#floats)
  }

  // Growing WebAssembly memory detaches the old views, which then read as empty.
  get input(): Float32Array {
    if (this.#input.length === 0) this.#input = this.#view(this.#inputPointer)
    return this.#input
  }

  get output(): Float32Array {
    if (this.#output.length === 0) this.#output = this.#view(this.#outputPointer)
    return this.#output
  }

  forward(): void {
    this.#module._pffft_transform_ordered(
      this.#setup,
      this.#inputPointer,
      this.#outputPointer,
      this.#workPointer,
      FORWARD,
    )
  }

  inverse(): void {
    this.#module._pffft_transform_ordered(
      this.#setup,
      this.#inputPointer,
      this.#outputPointer,
      this.#workPointer,
      BACKWARD,
    )
  }
}

/**
 * The float32 transform behind @echogarden/pffft-wasm (SIMD build).
 *
 * @param bytes the contents of the package's dist/simd/pffft.wasm, read by the shell: this module does no I/O, and workers
 * under `node --permission` may not be allowed to read where the loader would look.
 */
export async function createFft(bytes: Uint8Array): Promise<Fft> {
  const module = await createPffft({ wasmBinary: bytes, locateFile: (path) => path })
  if (module._pffft_simd_size() !== 4)
    throw new Error('the PFFFT module is not the SIMD build: pass dist/simd/pffft.wasm')
  const reals = new Map<number, FloatTransform>()
  const complexes = new Map<number, FloatTransform>()

  const cached = (
    cache: Map<number, FloatTransform>,
    size: number,
    kind: typeof REAL | typeof COMPLEX,
  ): FloatTransform => {
    const known = cache.get(size)
    if (known !== undefined) return known
    const multiple = kind === REAL ? 32 : 16
    if (!isSupported(size, multiple)) {
      throw new FftSizeError(
        `no transform of ${size} points: the size must be 2^a 3^b 5^c and a multiple of ${multiple}`,
      )
    }
    const made = new PffftTransform(module, size, kind)
    cache.set(size, made)
    return made
  }

  return {
    real: (size) => cached(reals, size, REAL),
    complex: (size) => cached(complexes, size, COMPLEX),
    fastSize: (atLeast) => {
      let size = Math.max(32, Math.ceil(atLeast / 32) * 32)
      while (!isSupported(size, 32)) size += 32
      return size
    },
  }
}
