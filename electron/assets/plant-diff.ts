export { diffPlants } from '../../shared/lib/plant-diff.ts'
