import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** `vite --config renderer/testkit/vite.config.ts`, then open /dev.html: the screens on made-up signals in a browser. */
export default defineConfig({
  root: 'renderer',
  plugins: [react()],
  define: { __APP_VERSION__: JSON.stringify('dev') },
  server: { host: '127.0.0.1', port: 5199, strictPort: true, hmr: false },
  build: { target: 'chrome114' },
})
