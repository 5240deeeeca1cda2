//! Stands in for the model in a build without the feature `candle`: it cannot be made.

use crate::Error;
use std::convert::Infallible;

#[derive(Debug)]
pub(crate) struct Model(Infallible);

impl Model {
    pub(crate) fn new(_weights: &[u8]) -> Result<Model, Error> {
        Err(Error::NotBuilt)
    }

    pub(crate) fn vectors(&self, _rows: &[&[u32]]) -> Result<Vec<Vec<f32>>, Error> {
        match self.0 {}
    }
}
