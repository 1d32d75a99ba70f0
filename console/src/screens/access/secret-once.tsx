import { Alert, Button, Code, Group, Modal, Stack } from '@mantine/core';
import { Copy } from '../../ui/copy.tsx';

/** A secret that is answered this once. */
export interface Secret {
  readonly title: string;
  readonly secret: string;
}

/** Shows a secret until somebody says that they have it. It is nowhere else: not in the address, not in what the page remembers. */
export function SecretOnce({ secret, onClose }: { readonly secret: Secret | undefined; readonly onClose: () => void }) {
  return (
    <Modal
      opened={secret !== undefined}
      onClose={onClose}
      title={secret?.title}
      centered
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
      transitionProps={{ duration: 0 }}
    >
      <Stack gap="sm">
        <Alert color="yellow">It is shown this once, and stored nowhere in this form. Keep it where secrets are kept.</Alert>
        <Group gap="xs" wrap="nowrap" align="flex-start">
          <Code block style={{ flex: 1, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }} data-testid="secret">
            {secret?.secret}
          </Code>
          <Copy text={secret?.secret ?? ''} what="secret" />
        </Group>
        <Group justify="flex-end">
          <Button onClick={onClose}>I have kept it</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
