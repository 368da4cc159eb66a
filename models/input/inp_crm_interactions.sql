{{ input_view('crm_interactions') }}
