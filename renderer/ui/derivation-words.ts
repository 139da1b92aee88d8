import type { ValueDerivation } from '../../shared/domain/value-derivation.ts'
import { t } from './text.ts'

/** `manipulate, version 2`. */
export function derivationShort({ block, version }: ValueDerivation): string {
  return t('derivation.short', { block: t(`derivation.verb.${block}`), version })
}

/** Block by its name, inputs and version. */
export function derivationWords({ block, inputs, version }: ValueDerivation): string {
  return t('derivation.words', {
    block: t(`derivation.block.${block}`),
    inputs: inputs.map((input) => t(`derivation.input.${input}`)).join(', '),
    version,
  })
}
