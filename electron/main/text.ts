import english from '../../resources/lang/host.en.json' with { type: 'json' }

export type TextKey = keyof typeof english

/** The shell's own words (tray, dialogs, facts); the window has its own file. `{name}` is replaced by a value. */
export function text(key: TextKey, values: Readonly<Record<string, string>> = {}): string {
  return english[key].replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
}
