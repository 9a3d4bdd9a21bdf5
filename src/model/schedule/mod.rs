//! Which faults a model may meet, as a value that can be drawn from, varied and made smaller.
//!
//! A [`FaultSpace`] knows every target in a model that a fault can hit, how strong a fault of each kind gets in production, and when faults may happen so that the
//! verdict has time to be reached. What is drawn from it is a [`Schedule`]: faults with names and times, nothing random left in them. A schedule takes the place of the triggers of a model;
//! the world (seed, load, background) stays as it is, so two schedules differ in their faults and in nothing else.
//!
//! Everything is a pure function of a seed and a number: the hundredth schedule is the same whether or not the others were drawn, and on any number of threads.
//! Subsets of kinds per schedule are swarm testing (Groce et al., "Swarm Testing", ISSTA 2012): leaving features out finds what mixing all of them hides.
//!
//! ```
//! use metastable::model::schedule::{FaultSpace, Limits, Style};
//! use metastable::model::{Model, Overrides};
//!
//! let text = std::fs::read_to_string("models/three-tier.toml")?;
//! let model = Model::parse("three-tier.toml", &text, &Overrides::new())?.model;
//! let space = FaultSpace::of(&model, &Limits::default())?;
//! let schedule = space.draw(1, 0, Style::Swarm);
//! println!("{schedule}");
//! let world = schedule.apply(&model);
//! assert_eq!(world.faults.len(), schedule.len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod candidates;
mod dial;
mod draw;
mod limits;
mod mutate;
mod pushes;
mod simpler;
mod space;
#[cfg(test)]
mod tests;
mod value;
mod words;

pub use draw::Style;
pub use limits::{Limits, NoSpace};
pub use space::FaultSpace;
pub use value::Schedule;
pub use words::described;
