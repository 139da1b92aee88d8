export interface Chosen {
  isChosen: boolean
  /** Places where the site has its own and takes the template's. */
  takeOver: ReadonlySet<string>
  facts: Readonly<Record<string, number>>
}

export const untouched: Chosen = { isChosen: false, takeOver: new Set(), facts: {} }
