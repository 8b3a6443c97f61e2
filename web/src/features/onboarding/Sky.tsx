import type { CSSProperties } from 'react'
import styles from './Frame.module.css'

/** x, y, radius: dust, placed once by hand so that nothing crowds the corners where words stand. */
const DUST: readonly (readonly [number, number, number])[] = [
  [44, 150, 1.1],
  [92, 260, 0.8],
  [150, 120, 1.3],
  [205, 330, 0.9],
  [262, 78, 1],
  [318, 210, 0.7],
  [356, 392, 1.2],
  [402, 128, 0.9],
  [440, 300, 1.1],
  [70, 430, 0.9],
  [128, 520, 1.2],
  [236, 470, 0.8],
  [300, 560, 1],
  [388, 520, 0.8],
  [452, 460, 1.2],
  [30, 340, 0.7],
  [180, 220, 0.7],
  [470, 60, 1],
  [120, 40, 0.8],
  [340, 30, 0.7],
  [28, 560, 0.8],
  [420, 600, 0.9],
  [480, 380, 0.7],
  [220, 590, 0.7],
]

/** The constellation: people, and what ties them. */
const FIGURE: readonly (readonly [number, number, number])[] = [
  [120, 300, 7],
  [210, 236, 10],
  [296, 300, 7],
  [276, 400, 8],
  [160, 410, 6],
  [384, 244, 5],
]
const TIES = 'M120 300 210 236 296 300 276 400 160 410Z M296 300 384 244'

function star(x: number, y: number, r: number): string {
  const waist = r * 0.18
  return `M${x} ${y - r}Q${x + waist} ${y - waist} ${x + r} ${y}Q${x + waist} ${y + waist} ${x} ${y + r}Q${x - waist} ${y + waist} ${x - r} ${y}Q${x - waist} ${y - waist} ${x} ${y - r}Z`
}

/** A night sky. Decoration. */
export function Sky() {
  return (
    <svg
      className={styles.sky}
      viewBox="0 0 500 640"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
      focusable="false"
    >
      {DUST.map(([x, y, r]) => (
        <circle key={`${x} ${y}`} className={styles.star} cx={x} cy={y} r={r} opacity={0.35 + r / 3} />
      ))}
      <path className={styles.line} d={TIES} />
      {FIGURE.map(([x, y, r], index) => (
        <path
          key={`${x} ${y}`}
          className={styles.bright}
          d={star(x, y, r * 1.6)}
          style={{ '--delay': `${index * -0.9}s` } as CSSProperties}
        />
      ))}
    </svg>
  )
}
