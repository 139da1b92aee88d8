import fs from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Files that ship with the product. The built engine lies in out/engine, the source in electron/engine: in both the
 * application's root is two folders up.
 */
const applicationRoot = new URL('../../', import.meta.url)

export function resourcePath(name: string): string {
  return fileURLToPath(new URL(`resources/${name}`, applicationRoot))
}

/** WebAssembly bytes of the float32 transform, for `createFft`. */
export function readFftBytes(): Uint8Array {
  const module = import.meta.resolve('@echogarden/pffft-wasm/simd')
  return fs.readFileSync(new URL('pffft.wasm', module))
}

/** Workers are entries started by URL: beside the built engine, or the sources in a checkout. */
export function workerUrl(
  name:
    | 'store-writer'
    | 'store-reader'
    | 'store-compactor'
    | 'store-job'
    | 'dsp-worker'
    | 'quality-worker'
    | 'plot-worker'
    | 'plant-worker'
    | 'health-worker'
    | 'quality-part',
): URL {
  if (!import.meta.url.endsWith('.ts')) return new URL(`./${name}.js`, import.meta.url)
  const sources = {
    'store-writer': '../store/writer.worker.ts',
    'store-reader': '../store/reader.worker.ts',
    'store-compactor': '../store/compactor.worker.ts',
    'store-job': '../store/backup/job.worker.ts',
    'dsp-worker': './dsp.worker.ts',
    'quality-worker': './quality.worker.ts',
    'plot-worker': './plots/plot.worker.ts',
    'plant-worker': './plant.worker.ts',
    'health-worker': './health.worker.ts',
    'quality-part': './quality-part.worker.ts',
  }
  return new URL(sources[name], import.meta.url)
}
