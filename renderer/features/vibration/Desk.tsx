import { useEffect, useRef, useState } from 'react'
import { useRemembered } from '../../stores/router.ts'
import { CepstrumPane } from './CepstrumPane.tsx'
import { firstPanes, paneCount, type PaneKind } from './desk-model.ts'
import { MapPane } from './MapPane.tsx'
import { OrdersPane } from './OrdersPane.tsx'
import { type DeskProps, type PaneProps } from './PaneParts.tsx'
import { ShaftPane } from './ShaftPane.tsx'
import { SpectrumPane } from './SpectrumPane.tsx'
import { TrendPane } from './TrendPane.tsx'
import { WaveformPane } from './WaveformPane.tsx'

/** Up to four linked plots; each shows what is chosen for it. */
export function Desk(props: DeskProps) {
  const { layout } = props
  const [panes, setPanes] = useRemembered<readonly PaneKind[]>('panes', firstPanes)
  const [enlarged, setEnlarged] = useState<number | null>(null)
  // Another kind is another plot with a list of its own: the focus goes along with the choice.
  const chosen = useRef<number | null>(null)
  useEffect(() => {
    chosen.current = null
  })
  const count = paneCount(layout)
  const shown = Array.from({ length: count }, (_, n) => n).filter(
    (n) => enlarged === null || enlarged >= count || n === enlarged,
  )
  return (
    <div className={`desk desk-${shown.length === 1 ? '1' : layout}`}>
      {shown.map((n) => (
        <Pane
          key={n}
          {...props}
          number={n + 1}
          kind={panes[n] ?? firstPanes[n] ?? 'spectrum'}
          chosen={chosen}
          onKind={(kind) => {
            chosen.current = n + 1
            setPanes(firstPanes.map((first, i) => (i === n ? kind : (panes[i] ?? first))))
          }}
          onEnlarge={() => setEnlarged(enlarged === n ? null : n)}
        />
      ))}
    </div>
  )
}

function Pane(props: PaneProps) {
  switch (props.kind) {
    case 'waveform':
      return <WaveformPane {...props} />
    case 'spectrum':
    case 'envelope':
      return <SpectrumPane key={`${props.kind} ${props.point.id} ${props.captureId}`} {...props} kind={props.kind} />
    case 'trend':
      return <TrendPane {...props} />
    case 'map':
    case 'envelope-map':
      return <MapPane key={`${props.kind} ${props.point.id}`} {...props} />
    case 'orders':
      return <OrdersPane key={`orders ${props.point.id} ${props.captureId}`} {...props} />
    case 'cepstrum':
      return <CepstrumPane key={`cepstrum ${props.point.id} ${props.captureId}`} {...props} />
    case 'orbit':
    case 'full-spectrum':
    case 'bode':
    case 'polar':
    case 'centreline':
      return <ShaftPane key={`${props.kind} ${props.captureId}`} {...props} kind={props.kind} />
  }
}
