import { tMaybe } from './text.ts'

/** What a row of values is about: a point's quantity where it is the point's own value, a feature's name otherwise. */
export function valueTitle({ feature, quantity }: { feature: string; quantity: string }): string {
  return feature === 'value' ? tMaybe(`quantity.${quantity}`, quantity) : tMaybe(`feature.${feature}`, feature)
}
