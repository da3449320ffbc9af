//! The configuration that the demonstration writes: what an operator would write for one application.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

/// What the file depends on.
pub(crate) struct Configuration<'a> {
    pub(crate) gateway_port: u16,
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) client_secret: &'a str,
    pub(crate) application_port: u16,
}

impl Configuration<'_> {
    /// Writes the file and what it names into a folder that goes away with the demonstration.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<PathBuf> {
        let secret = folder.join("client_secret");
        fs::write(&secret, self.client_secret)?;
        let keys = folder.join("keys");
        fs::create_dir(&keys)?;
        let file = folder.join("guichet.toml");
        fs::write(&file, self.text(&secret, &keys))?;
        Ok(file)
    }

    fn text(&self, secret: &Path, keys: &Path) -> String {
        let (secret, keys) = (secret.display(), keys.display());
        format!(
            r#"public_url = "http://localhost:{gateway}"

[organisation]
name = "Ville d'Exemple"
contact_url = "https://ville.example/contact"
legal_url = "https://ville.example/mentions-legales"
accessibility = {{ status = "partial", url = "https://ville.example/accessibilite" }}

[server]
listen = "127.0.0.1:{gateway}"

[session]
store = "memory"

[assertion]
issuer = "http://localhost:{gateway}"
keys_dir = "{keys}"

[providers.fc]
preset = "franceconnect"
environment = "simulated"
issuer = "{issuer}"
client_id = "{client_id}"
client_secret = {{ file = "{secret}" }}
scopes = ["openid", "identite_pivot", "email"]

[[apps]]
name = "urbanisme"
path = "/"
providers = ["fc"]
upstreams = ["http://127.0.0.1:{application}"]
claims = ["sub", "given_name", "family_name", "birthdate", "gender", "birthplace", "birthcountry"]
plain_headers = ["sub", "given_name", "family_name"]

  [[apps.routes]]
  path = "/"
  access = "public"

  [[apps.routes]]
  path = "/urbanisme"
  access = "optional"

  [[apps.routes]]
  path = "/urbanisme/public"
  access = "public"

  [[apps.routes]]
  path = "/urbanisme/dossier"
  access = "required"
"#,
            gateway = self.gateway_port,
            issuer = self.issuer,
            client_id = self.client_id,
            application = self.application_port,
        )
    }
}
