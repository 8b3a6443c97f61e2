import type { ReactNode } from 'react'
import styles from './Card.module.css'

/** A part of a screen that belongs together. */
export function Card({ children }: { children: ReactNode }) {
  return <section className={styles.card}>{children}</section>
}
