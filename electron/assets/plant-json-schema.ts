import { z } from 'zod'
import { bundleSchema, bundleSiteSchema } from '../../shared/domain/bundle.ts'
import { plantFileSchema } from '../../shared/domain/plant-file.ts'
import { isRaw } from './raw.ts'

/** Every closed object also takes keys that start with `x-`, which the checker strips before it looks. */
function withExtensions(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withExtensions)
  if (!isRaw(schema)) return schema
  const out = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, withExtensions(value)]))
  return out['type'] === 'object' && out['additionalProperties'] === false
    ? { ...out, patternProperties: { '^x-': {} } }
    : out
}

/** JSON Schema (2020-12) of `millwright/plant@1`, for editors and other tools. References between parts it cannot see. */
export function plantJsonSchema(): unknown {
  const schema = z.toJSONSchema(plantFileSchema, { io: 'input', reused: 'inline' })
  return withExtensions({ title: 'millwright/plant@1', ...schema })
}

/** Of a signed bundle, and of what a site says to take one. */
export function bundleJsonSchema(): unknown {
  const schema = z.toJSONSchema(bundleSchema, { io: 'input', reused: 'inline' })
  return { title: 'millwright/bundle@1', ...schema }
}

export function bundleSiteJsonSchema(): unknown {
  const schema = z.toJSONSchema(bundleSiteSchema, { io: 'input', reused: 'inline' })
  return withExtensions({ title: 'millwright/bundle-site@1', ...schema })
}
