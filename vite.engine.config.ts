import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vite'
import manifest from './package.json' with { type: 'json' }

// The engine, its workers, the command line and the simulated plant: ES modules for Node 24, outside app.asar. Workers
// are entries of their own, started by URL (new URL('./store-writer.js', import.meta.url)), so chunks stay beside them.
const entries = {
  engine: 'electron/engine/main.ts',
  cli: 'electron/cli/main.ts',
  plant: 'electron/plant/main.ts',
  'store-writer': 'electron/store/writer.worker.ts',
  'store-reader': 'electron/store/reader.worker.ts',
  'store-compactor': 'electron/store/compactor.worker.ts',
  'store-job': 'electron/store/backup/job.worker.ts',
  'dsp-worker': 'electron/engine/dsp.worker.ts',
  'plot-worker': 'electron/engine/plots/plot.worker.ts',
  'plant-worker': 'electron/engine/plant.worker.ts',
  'quality-worker': 'electron/engine/quality.worker.ts',
  'health-worker': 'electron/engine/health.worker.ts',
  'quality-part': 'electron/engine/quality-part.worker.ts',
}
const outDir = join(process.env['MILLWRIGHT_OUT'] ?? 'out', 'engine')

export default defineConfig({
  logLevel: 'warn',
  publicDir: false,
  define: { MILLWRIGHT_VERSION: JSON.stringify(manifest.version) },
  build: {
    ssr: true,
    target: 'node24',
    outDir,
    emptyOutDir: true,
    minify: false,
    sourcemap: true,
    rolldownOptions: {
      input: entries,
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunk-[name]-[hash].js' },
    },
  },
  ssr: {
    target: 'node',
    noExternal: true,
    // Native code, WASM beside its loader, and node-opcua, which finds its nodesets and certificates by its own path.
    external: [
      'better-sqlite3-multiple-ciphers',
      'node-opcua',
      'node-opcua-client',
      'node-opcua-certificate-manager',
      'node-opcua-binary-stream',
      '@echogarden/pffft-wasm',
      'mqtt',
    ],
  },
  plugins: [
    {
      name: 'millwright:module-type',
      // The nearest package.json decides what .js means, also when the folder is shipped on its own.
      writeBundle: () => writeFileSync(join(outDir, 'package.json'), '{ "type": "module" }\n'),
    },
  ],
})
