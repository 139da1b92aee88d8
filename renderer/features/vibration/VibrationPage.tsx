import type { Route } from '../../stores/route.ts'

export function VibrationPage({ route }: { route: Extract<Route, { page: 'vibration' }> }) {
  return <div data-points={route.pointIds?.join(' ')} />
}
