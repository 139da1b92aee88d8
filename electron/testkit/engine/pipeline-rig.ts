import { FeatureTable, HeadTable } from '../../engine/heads.ts'
import { MachineStates } from '../../engine/machine-state.ts'
import { Pipeline, type PipelineDependencies } from '../../engine/pipeline.ts'
import { Rings } from '../../engine/rings.ts'
import { SpectrumHub } from '../../engine/spectrum-hub.ts'
import { WaveformHub } from '../../engine/waveform-hub.ts'

type Given = 'model' | 'clock' | 'ingest' | 'dsp' | 'desk' | 'commitTick'

/** A pipeline of real parts with nobody who listens; what fails ends the test. */
export function testPipeline(parts: Pick<PipelineDependencies, Given> & Partial<PipelineDependencies>): Pipeline {
  let number = 0
  const { model } = parts
  return new Pipeline({
    orders: new Map(),
    machines: new MachineStates(model),
    heads: new HeadTable(),
    features: new FeatureTable(),
    waveforms: new WaveformHub(new Rings(model), () => 0),
    spectra: new SpectrumHub(() => 0),
    nextTick: () => ++number,
    giveBack: () => void number--,
    recording: () => true,
    diskFull: () => {},
    failed: (error) => {
      throw error
    },
    committed: () => {},
    stuck: () => {},
    ...parts,
  })
}
