{{ accepted_rows('crm_interactions') }}
