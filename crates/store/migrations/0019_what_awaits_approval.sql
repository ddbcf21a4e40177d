-- `postern status` names what awaits approval, of all accounts, without reading every step.
CREATE INDEX step_awaiting_approval ON provisioning_step (account_id, key) WHERE state = 'awaiting_approval';
