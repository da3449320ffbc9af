//! The configuration that the demonstration writes: what an operator would write for one application.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;

/// What the file depends on.
pub(crate) struct Configuration<'a> {
    pub(crate) gateway_port: u16,
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) client_secret: &'a str,
    pub(crate) application: SocketAddr,
    pub(crate) tour: SocketAddr,
}

impl Configuration<'_> {
    /// Writes the file and what it names into a folder that goes away with the demonstration.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<PathBuf> {
        let secret = folder.join("client_secret");
        // As an operator would have it: for its owner alone.
        let mut private = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&secret)?;
        private.write_all(self.client_secret.as_bytes())?;
        let file = folder.join("guichet.toml");
        fs::write(&file, self.text(&secret))?;
        Ok(file)
    }

    fn text(&self, secret: &Path) -> String {
        let secret = secret.display();
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

[providers.fc]
preset = "franceconnect"
environment = "simulated"
issuer = "{issuer}"
client_id = "{client_id}"
client_secret = {{ file = "{secret}" }}
scopes = ["openid", "identite_pivot", "email"]

[[apps]]
name = "urbanisme"
title = "Urbanisme en ligne"
path = "/urbanisme"
providers = ["fc"]
upstreams = ["http://{application}"]
claims = ["sub", "given_name", "family_name", "birthdate", "gender", "birthplace", "birthcountry"]
plain_headers = ["sub", "given_name", "family_name"]

  [[apps.routes]]
  path = "/"
  access = "optional"

  [[apps.routes]]
  path = "/public"
  access = "public"

  [[apps.routes]]
  path = "/dossier"
  access = "required"

# The pages that explain. An operator's file ends before this line.
[[apps]]
name = "visite"
title = "Visite guidée"
path = "/"
providers = ["fc"]
upstreams = ["http://{tour}"]

  [[apps.routes]]
  path = "/"
  access = "public"
"#,
            gateway = self.gateway_port,
            issuer = self.issuer,
            client_id = self.client_id,
            application = self.application,
            tour = self.tour,
        )
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_client_secret_is_for_its_owner_alone() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let somewhere = SocketAddr::from(([127, 0, 0, 1], 9));
        let configuration = Configuration {
            gateway_port: 9,
            issuer: "http://localhost:9",
            client_id: "demo",
            client_secret: "s3cret",
            application: somewhere,
            tour: somewhere,
        };
        let text = fs::read_to_string(configuration.write(folder.path())?)?;
        let secret = folder.path().join("client_secret");
        assert_eq!(fs::metadata(&secret)?.permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(&secret)?, "s3cret");
        assert!(!text.contains("s3cret"));
        Ok(())
    }
}
