import { CircleAlert } from 'lucide-react'
import { type ComponentProps, type ReactNode, useId } from 'react'
import { cx } from './cx'
import styles from './Field.module.css'

interface FieldProps {
  label: string
  /** What to know before typing. */
  note?: ReactNode
  /** What is wrong; replaces the note. */
  error?: string | null | undefined
  mono?: boolean
}

function useField({ note, error }: FieldProps) {
  const id = useId()
  const described = error || note ? `${id}-note` : undefined
  const below = error ? (
    <p id={described} className={styles.error} role="alert">
      <CircleAlert size={15} aria-hidden />
      {error}
    </p>
  ) : note ? (
    <div id={described} className={styles.note}>
      {note}
    </div>
  ) : null
  return {
    id,
    below,
    control: { id, 'aria-describedby': described, 'aria-invalid': error ? true : undefined },
  }
}

interface TextFieldProps extends FieldProps, Omit<ComponentProps<'input'>, 'id' | 'prefix'> {
  /** Stands before the text, not part of it. */
  prefix?: string
  end?: ReactNode
}

/** One line of text, with its label above and what is wrong with it below. */
export function TextField({ label, note, error, mono, prefix, end, className, ...rest }: TextFieldProps) {
  const { control, below } = useField({ label, note, error })
  return (
    <div className={cx(styles.field, className)}>
      <label className={styles.label} htmlFor={control.id}>
        {label}
      </label>
      <div className={styles.box} data-invalid={error ? '' : undefined}>
        {prefix && (
          <span className={styles.prefix} aria-hidden>
            {prefix}
          </span>
        )}
        <input dir="auto" {...rest} {...control} className={cx(styles.input, mono && styles.mono)} />
        {end && <span className={styles.end}>{end}</span>}
      </div>
      {below}
    </div>
  )
}

interface TextAreaProps extends FieldProps, Omit<ComponentProps<'textarea'>, 'id'> {}

/** Several lines of text. */
export function TextArea({ label, note, error, mono, className, ...rest }: TextAreaProps) {
  const { control, below } = useField({ label, note, error })
  return (
    <div className={cx(styles.field, className)}>
      <label className={styles.label} htmlFor={control.id}>
        {label}
      </label>
      <div className={styles.box} data-invalid={error ? '' : undefined}>
        <textarea
          dir="auto"
          {...rest}
          {...control}
          className={cx(styles.input, styles.area, mono && styles.mono)}
        />
      </div>
      {below}
    </div>
  )
}
