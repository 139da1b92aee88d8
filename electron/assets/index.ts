export { checkPlantFile, type CheckOptions, type PlantFileCheck } from './check-plant-file.ts'
export { canonicalJson, configHash, parsePlantFile, PlantFileError, type LoadedPlant } from './parse-plant-file.ts'
export { readJson, type JsonRead } from './read-json.ts'
export { resolvePlant, type Line, type ResolvedPlant } from './resolve-plant.ts'
export { assetFacts, missingFacts, type AssetFact } from './missing-facts.ts'
export { bundleJsonSchema, bundleSiteJsonSchema, plantJsonSchema } from './plant-json-schema.ts'
export {
  applyChanges,
  editList,
  editText,
  PlantEditError,
  type ListEdit,
  type PlantEdit,
} from './edit/apply-changes.ts'
export { diffPlants } from './plant-diff.ts'
export { instantiate, TemplateError, templateNeeds } from './templates/instantiate.ts'
export { proposeTemplate, templatesIn } from './templates/propose.ts'
export { upgradeChanges } from './templates/upgrade.ts'
export { shippedTemplates } from './templates/shipped.ts'
export { plantSheets } from './sheets/plant-sheets.ts'
export { readPlantSheets, type SheetEdit } from './sheets/read-sheets.ts'
export { withContractVersions } from './edit/contract-versions.ts'
export { meant } from './suggest.ts'
export {
  columnsOfStop,
  judgeStops,
  levelsAt,
  readingOf,
  stopsOf,
  type OtherMachine,
  type TimeSpan,
} from './mapping/shutdown.ts'
export { bundleOf, BundleExportError } from './bundle/export.ts'
export { importBundle, siteForm, type BundleImport, type BundleNeed } from './bundle/import.ts'
export { BundleError, newSigningKey, openBundle, readable, signBundle, type OpenedBundle } from './bundle/sign.ts'
export { readBundleSite } from './bundle/read-site.ts'
