import { Radio } from '@base-ui/react/radio'
import { RadioGroup } from '@base-ui/react/radio-group'
import { useId } from 'react'
import field from './Field.module.css'
import styles from './RadioList.module.css'

interface RadioChoice<T extends string> {
  value: T
  label: string
  note: string
}

interface RadioListProps<T extends string> {
  label: string
  hideLabel?: boolean
  value: T
  choices: readonly RadioChoice<T>[]
  onChange: (value: T) => void
}

/** One of a few that need a sentence each. */
export function RadioList<T extends string>(props: RadioListProps<T>) {
  const { label, hideLabel, value, choices, onChange } = props
  const id = useId()
  return (
    <div className={field.field}>
      <span id={id} className={hideLabel ? 'visually-hidden' : field.label}>
        {label}
      </span>
      <RadioGroup
        aria-labelledby={id}
        className={styles.list}
        value={value}
        onValueChange={(next) => onChange(next as T)}
      >
        {choices.map((choice) => (
          <Radio.Root key={choice.value} value={choice.value} className={styles.choice}>
            <span className={styles.dot} aria-hidden />
            <span className={styles.words}>
              <span className={styles.label}>{choice.label}</span>
              <span className={field.note}>{choice.note}</span>
            </span>
          </Radio.Root>
        ))}
      </RadioGroup>
    </div>
  )
}
