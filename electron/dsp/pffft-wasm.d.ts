declare module '@echogarden/pffft-wasm/simd' {
  export interface PffftModule {
    readonly HEAPF32: Float32Array
    _pffft_aligned_malloc(bytes: number): number
    _pffft_aligned_free(pointer: number): void
    _pffft_new_setup(size: number, kind: number): number
    _pffft_destroy_setup(setup: number): void
    _pffft_transform_ordered(setup: number, input: number, output: number, work: number, direction: number): void
    _pffft_simd_size(): number
  }
  const create: (options: { wasmBinary: Uint8Array; locateFile: (path: string) => string }) => Promise<PffftModule>
  export default create
}
