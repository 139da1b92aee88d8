import en from '../../resources/lang/en.json'

type Keys<T, P extends string = ''> = {
  [K in keyof T & string]: T[K] extends string ? `${P}${K}` : Keys<T[K], `${P}${K}.`>
}[keyof T & string]

type StoredKey = Keys<typeof en>
type WithoutPlural<K extends string> = K extends `${infer Base}_one` | `${infer Base}_other` ? Base : K

/** A key of resources/lang/en.json. `x_one` and `x_other` are asked for as `x` with a `count`. */
export type TextKey = WithoutPlural<StoredKey>
export type TextParams = Readonly<Record<string, string | number>>

const plurals = new Intl.PluralRules('en')

function flatten(node: object, prefix: string, into: Map<string, string>): Map<string, string> {
  for (const [key, value] of Object.entries(node)) {
    if (typeof value === 'string') into.set(prefix + key, value)
    else if (typeof value === 'object' && value !== null) flatten(value, `${prefix}${key}.`, into)
  }
  return into
}

const texts = flatten(en, '', new Map())

/** The visible text of a key with `{name}` replaced by params; the only source of words on the screen. */
export function t(key: TextKey, params: TextParams = {}): string {
  const { count } = params
  const plural =
    typeof count === 'number' ? (texts.get(`${key}_${plurals.select(count)}`) ?? texts.get(`${key}_other`)) : undefined
  const text = plural ?? texts.get(key) ?? key
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole))
}

/** For keys put together from data (`outcome.` + label): the text, or the data itself when it has none. */
export function tMaybe(key: string, otherwise: string): string {
  return texts.get(key) ?? otherwise
}
