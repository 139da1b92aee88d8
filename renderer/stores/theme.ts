import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { browser } from '../bridge/browser.ts'

export const themeChoices = ['dark', 'light', 'system'] as const
export type ThemeChoice = (typeof themeChoices)[number]
export type Theme = 'dark' | 'light'

function isChoice(value: string | null): value is ThemeChoice {
  return themeChoices.some((choice) => choice === value)
}

interface ThemeState {
  choice: ThemeChoice
  theme: Theme
}

const resolve = (choice: ThemeChoice): Theme =>
  choice === 'system' ? (browser.prefersDark() ? 'dark' : 'light') : choice

export const themeStore = createStore<ThemeState>(() => ({ choice: 'dark', theme: 'dark' }))

export function setTheme(choice: ThemeChoice): void {
  browser.writeSetting('theme', choice)
  const theme = resolve(choice)
  document.documentElement.dataset['theme'] = theme
  themeStore.setState({ choice, theme })
}

/** Applies the stored choice (dark by default: control rooms are dim) and follows the system where that was chosen. */
export function startTheme(): () => void {
  const stored = browser.readSetting('theme')
  setTheme(isChoice(stored) ? stored : 'dark')
  return browser.onPrefersDark(() => {
    if (themeStore.getState().choice === 'system') setTheme('system')
  })
}

export function useTheme(): ThemeState {
  return useStore(themeStore)
}
