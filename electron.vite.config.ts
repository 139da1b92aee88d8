import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'
import manifest from './package.json' with { type: 'json' }

const out = process.env['MILLWRIGHT_OUT'] ?? 'out'
const define = {
  MILLWRIGHT_VERSION: JSON.stringify(manifest.version),
  MILLWRIGHT_ELECTRON_PINNED: JSON.stringify(manifest.devDependencies.electron),
}
// CommonJS, Node 18 and Chrome 114: what the fallback runtime (Electron 25) understands. See scripts/lib/electron-runtime.mjs.
const commonJs = { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: '[name]-[hash].cjs' } as const

export default defineConfig({
  main: {
    logLevel: 'warn',
    define,
    build: {
      target: 'node18',
      outDir: `${out}/main`,
      sourcemap: true,
      // Everything but Electron itself goes into the file: main needs no node_modules when shipped.
      externalizeDeps: false,
      rolldownOptions: { input: { index: resolve('electron/main/index.ts') }, output: commonJs },
    },
  },
  preload: {
    logLevel: 'warn',
    build: {
      target: 'node18',
      outDir: `${out}/preload`,
      sourcemap: false,
      // A sandboxed preload may require nothing but 'electron'.
      externalizeDeps: false,
      rolldownOptions: { input: { index: resolve('electron/preload/index.ts') }, output: commonJs },
    },
  },
  renderer: {
    root: 'renderer',
    logLevel: 'warn',
    define,
    plugins: [react()],
    build: {
      target: 'chrome114',
      outDir: resolve(out, 'renderer'),
      emptyOutDir: true,
      sourcemap: true,
      // The content security policy allows no data: scripts or fonts, so nothing is inlined.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: resolve('renderer/index.html') },
    },
  },
})
