//! What a plug-in is, and the one line that registers it.
//!
//! A source, a step, a split, a metric, a model, a search strategy: each is a type in a file of its own that
//! implements [`Plugin`], and one line in the [`register!`](crate::register) list of its folder. Name, description,
//! parameters, JSON Schema, `bakeoff list` and the "did you mean" all come from that line.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Parameters by name, in a fixed (alphabetical) order.
pub type Params = BTreeMap<String, Value>;

/// Something a spec can name: `{ name: NAME, params: { … } }`.
pub trait Plugin: 'static {
    /// The name in a spec: lower case, words joined by `_` (or the published name of a data set).
    const NAME: &'static str;
    /// One sentence for `bakeoff list` and the schema.
    const ABOUT: &'static str;
    /// Part of every key it takes part in: bump it when the code gives other numbers than before.
    const REVISION: u32 = 1;
    /// Its parameters: a struct with `#[serde(deny_unknown_fields)]`, defaults, doc comments and schemars ranges.
    type Params: Serialize + DeserializeOwned + JsonSchema;

    /// Checks that a schema cannot say, such as one parameter against another.
    ///
    /// # Errors
    /// A sentence fragment: what is wrong and what is allowed.
    fn check(_params: &Self::Params) -> Result<(), String> {
        Ok(())
    }
}

/// Why parameters were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParamError {
    /// What is wrong and what is allowed, as a sentence fragment.
    pub message: String,
}

/// One registered plug-in: what is known of it without running it, and how to build it.
#[derive(Debug, Clone, Copy)]
pub struct Entry<B> {
    /// [`Plugin::NAME`].
    pub name: &'static str,
    /// [`Plugin::ABOUT`].
    pub about: &'static str,
    /// [`Plugin::REVISION`].
    pub revision: u32,
    /// The JSON Schema of its parameters.
    pub schema: fn() -> Value,
    /// Fills in defaults; the result is the canonical form that keys are made of.
    pub complete: fn(&Params) -> Result<Params, ParamError>,
    /// Makes the thing itself; each folder decides the type.
    pub build: B,
}

/// An entry without its builder: what planning and listing need.
pub type PluginInfo = Entry<()>;

impl<B> Entry<B> {
    /// The entry of the plug-in `P`.
    pub const fn of<P: Plugin>(build: B) -> Self {
        Self {
            name: P::NAME,
            about: P::ABOUT,
            revision: P::REVISION,
            schema: schema_of::<P::Params>,
            complete: complete::<P>,
            build,
        }
    }

    /// The same without the builder.
    pub fn info(&self) -> PluginInfo {
        Entry {
            name: self.name,
            about: self.about,
            revision: self.revision,
            schema: self.schema,
            complete: self.complete,
            build: (),
        }
    }
}

/// The entry called `name`, if there is one.
pub fn find<'a, B>(entries: &'a [Entry<B>], name: &str) -> Option<&'a Entry<B>> {
    entries.iter().find(|entry| entry.name == name)
}

/// Parameters as the plug-in's own struct.
///
/// # Errors
/// [`ParamError`] when a value is of the wrong type, unknown or refused by [`Plugin::check`].
pub fn params_of<P: Plugin>(params: &Params) -> Result<P::Params, ParamError> {
    let object = Value::Object(params.clone().into_iter().collect());
    let typed: P::Params = serde_json::from_value(object)
        .map_err(|error| ParamError { message: error.to_string() })?;
    P::check(&typed).map_err(|message| ParamError { message })?;
    Ok(typed)
}

fn complete<P: Plugin>(params: &Params) -> Result<Params, ParamError> {
    let typed = params_of::<P>(params)?;
    match serde_json::to_value(typed) {
        Ok(Value::Object(object)) => Ok(object.into_iter().collect()),
        Ok(Value::Null) => Ok(Params::new()),
        Ok(_) => Err(ParamError { message: "the parameters must be a mapping".into() }),
        Err(error) => Err(ParamError { message: error.to_string() }),
    }
}

pub(crate) fn schema_of<P: JsonSchema>() -> Value {
    schemars::generate::SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
        })
        .into_generator()
        .into_root_schema_for::<P>()
        .to_value()
}

/// For plug-ins without parameters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoParams {}

/// A path in a spec: absolute, relative to the spec's folder, or starting with `${BAKEOFF_DATA}`.
///
/// Its schema carries `format: path`; that is how planning knows to resolve it and to leave it out of keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct SpecPath(#[schemars(extend("format" = "path"))] pub String);

impl AsRef<std::path::Path> for SpecPath {
    fn as_ref(&self) -> &std::path::Path {
        std::path::Path::new(&self.0)
    }
}

/// Where something is that is no path, such as a server's address: left out of keys like paths, taken as it is written.
///
/// Its schema carries `format: place`; that is how planning knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct SpecPlace(#[schemars(extend("format" = "place"))] pub String);

/// Declares the modules of a plug-in folder and the slice `ALL` of their entries: one line a plug-in.
///
/// ```ignore
/// bakeoff_spec::register! { StepEntry, build;
///     k_core::KCore,
///     min_rating::MinRating,
/// }
/// ```
#[macro_export]
macro_rules! register {
    ($entry:ident, $build:ident; $($module:ident :: $plugin:ident),+ $(,)?) => {
        $(pub mod $module;)+
        /// Every plug-in of this folder, in the order that listings show.
        pub const ALL: &[$entry] =
            &[$($entry::of::<$module::$plugin>($build::<$module::$plugin>)),+];
    };
}
