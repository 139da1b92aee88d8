import { defineConfig } from '@playwright/test'

// The real Electron, one application at a time: two would fight over two cores and over the focus of one display.
export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts',
  outputDir: 'test-results',
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env['CI'] !== undefined,
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 20_000 },
  reporter: [['list']],
  globalTimeout: 16 * 60_000,
})
