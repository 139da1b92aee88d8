import { useState } from 'react'
import { bridge } from '../bridge/bridge.ts'
import { useConnection } from '../stores/connection.ts'
import { toast } from '../stores/toasts.ts'
import { Button, Field, Popover, t, type TextKey } from '../ui/index.ts'

/** Names that the simulated plant understands (electron/plant/scenarios.ts). */
const scenarios = [
  'healthy',
  'bearing-outer-race',
  'bearing-inner-race',
  'bearing-ball',
  'unbalance',
  'misalignment',
  'looseness',
  'sensor-fault',
  'run-up-coast-down',
  'mixed',
] as const
type Scenario = (typeof scenarios)[number]

/** Hours of machine life per second of the clock, as the plant's speed-up. */
const speeds = [1, 60, 3600, 14_400] as const

async function tell(action: Promise<void>, done: TextKey): Promise<void> {
  try {
    await action
    toast('done', t(done))
  } catch (error) {
    toast('failed', error instanceof Error ? error.message : String(error))
  }
}

/** The stage hand's panel of the simulated plant: what happens to the machines, and whether the WAN is plugged in. */
export function PlantPanel() {
  const plant = useConnection((state) => state.plant)
  const [scenario, setScenario] = useState<Scenario>('mixed')
  const [speedUp, setSpeedUp] = useState<number>(3600)
  const wanOff = plant.state === 'ready' && !plant.wanOn
  return (
    <Popover
      label={t('plantPanel.label')}
      trigger={
        <span className={wanOff ? 'hatched' : ''}>{t(wanOff ? 'plantPanel.wanOffTrigger' : 'plantPanel.trigger')}</span>
      }
    >
      <h2>{t('plantPanel.label')}</h2>
      <p className="muted">{t('plantPanel.about')}</p>
      {plant.state === 'failed' && <p role="alert">{t('plantPanel.failed', { reason: plant.reason })}</p>}
      {plant.state === 'starting' && <p role="status">{t('plantPanel.starting')}</p>}
      {plant.state === 'ready' && (
        <>
          <Field label={t('plantPanel.scenario')} hint={t(`scenario.${scenario}`)}>
            {(ids) => (
              <select
                {...ids}
                value={scenario}
                onChange={(event) => setScenario(scenarios.find((name) => name === event.target.value) ?? 'mixed')}
              >
                {scenarios.map((name) => (
                  <option key={name} value={name}>
                    {t(`scenarioName.${name}`)}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label={t('plantPanel.speedUp')} hint={t('plantPanel.speedUpHint')}>
            {(ids) => (
              <select {...ids} value={speedUp} onChange={(event) => setSpeedUp(Number(event.target.value))}>
                {speeds.map((speed) => (
                  <option key={speed} value={speed}>
                    {t(`speedUp.${speed}`)}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Button
            kind="primary"
            onClick={() => void tell(bridge.host.setScenario({ name: scenario, speedUp }), 'plantPanel.played')}
          >
            {t('plantPanel.play')}
          </Button>
          <div className="plant-wan">
            <Button
              role="switch"
              aria-checked={plant.wanOn}
              onClick={() =>
                void tell(
                  bridge.host.setWan(!plant.wanOn),
                  plant.wanOn ? 'plantPanel.wanPulled' : 'plantPanel.wanPlugged',
                )
              }
            >
              {t(plant.wanOn ? 'plantPanel.pullWan' : 'plantPanel.plugWan')}
            </Button>
            <span>{t(plant.wanOn ? 'plantPanel.wanOn' : 'plantPanel.wanOff')}</span>
          </div>
          <code className="selectable">{plant.endpointUrl}</code>
        </>
      )}
    </Popover>
  )
}
