import { Checkbox as Base } from '@base-ui/react/checkbox'
import { Check } from 'lucide-react'
import { useId } from 'react'
import { Avatar } from './Avatar'
import box from './Checkbox.module.css'
import styles from './CheckList.module.css'

interface CheckChoice {
  value: string
  label: string
  note: string
}

interface CheckListProps {
  label: string
  choices: readonly CheckChoice[]
  chosen: ReadonlySet<string>
  onChange: (chosen: ReadonlySet<string>) => void
}

/** Any number of groups. */
export function CheckList({ label, choices, chosen, onChange }: CheckListProps) {
  const id = useId()

  function toggle(value: string) {
    const next = new Set(chosen)
    if (!next.delete(value)) next.add(value)
    onChange(next)
  }

  return (
    <ul className={styles.list} aria-label={label}>
      {choices.map(({ value, label: name, note }, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the box inside is what the keyboard uses
        <li key={value} className={styles.choice} onClick={() => toggle(value)}>
          <Avatar id={value} name={name} kind="group" size="small" />
          <span className={styles.words}>
            <span id={`${id}-${index}`} className={styles.name} dir="auto">
              {name}
            </span>
            {note && <span className={styles.note}>{note}</span>}
          </span>
          <Base.Root
            className={box.box}
            aria-labelledby={`${id}-${index}`}
            checked={chosen.has(value)}
            onClick={(event) => event.stopPropagation()}
            onCheckedChange={() => toggle(value)}
          >
            <Base.Indicator className={box.mark}>
              <Check size={16} strokeWidth={3} aria-hidden />
            </Base.Indicator>
          </Base.Root>
        </li>
      ))}
    </ul>
  )
}
