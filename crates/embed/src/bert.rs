//! The network: six layers of attention over at most 256 word pieces, the mean of what comes out, at length 1.
//!
//! Only texts with equally many pieces come in together, so there is no padding and no mask.

use crate::{DIMENSION, Error};
use candle_core::{D, DType, Device, Result, Tensor};
use std::collections::HashMap;

const LAYERS: usize = 6;
const HEADS: usize = 12;
const NORM_EPSILON: f64 = 1e-12;

/// Weights, as `y = x · weight + bias`.
#[derive(Debug)]
struct Linear {
    weight: Tensor,
    bias: Tensor,
}

#[derive(Debug)]
struct Norm {
    weight: Tensor,
    bias: Tensor,
}

#[derive(Debug)]
struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    mixed: Linear,
    mixed_norm: Norm,
    wide: Linear,
    narrow: Linear,
    narrow_norm: Norm,
}

/// The model's weights.
#[derive(Debug)]
pub(crate) struct Model {
    words: Tensor,
    positions: Tensor,
    /// What is added to every piece: all belong to one sentence.
    sentence: Tensor,
    norm: Norm,
    layers: Vec<Layer>,
}

/// Tensors by name, each taken once.
struct Store(HashMap<String, Tensor>);

impl Store {
    fn take(&mut self, name: &str) -> Result<Tensor> {
        let tensor = self.0.remove(name);
        tensor.ok_or_else(|| candle_core::Error::Msg(format!("the weights have no {name}")))
    }

    fn linear(&mut self, name: &str) -> Result<Linear> {
        let weight = self.take(&format!("{name}.weight"))?.t()?.contiguous()?;
        Ok(Linear { weight, bias: self.take(&format!("{name}.bias"))? })
    }

    fn norm(&mut self, name: &str) -> Result<Norm> {
        let name = format!("{name}.LayerNorm");
        Ok(Norm {
            weight: self.take(&format!("{name}.weight"))?,
            bias: self.take(&format!("{name}.bias"))?,
        })
    }

    fn layer(&mut self, number: usize) -> Result<Layer> {
        let of = |part: &str| format!("encoder.layer.{number}.{part}");
        Ok(Layer {
            query: self.linear(&of("attention.self.query"))?,
            key: self.linear(&of("attention.self.key"))?,
            value: self.linear(&of("attention.self.value"))?,
            mixed: self.linear(&of("attention.output.dense"))?,
            mixed_norm: self.norm(&of("attention.output"))?,
            wide: self.linear(&of("intermediate.dense"))?,
            narrow: self.linear(&of("output.dense"))?,
            narrow_norm: self.norm(&of("output"))?,
        })
    }
}

impl Linear {
    /// `x` has one row a piece.
    fn of(&self, x: &Tensor) -> Result<Tensor> {
        x.matmul(&self.weight)?.broadcast_add(&self.bias)
    }
}

impl Norm {
    fn of(&self, x: &Tensor) -> Result<Tensor> {
        let x = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
        let spread = (x.sqr()?.mean_keepdim(D::Minus1)? + NORM_EPSILON)?.sqrt()?;
        x.broadcast_div(&spread)?.broadcast_mul(&self.weight)?.broadcast_add(&self.bias)
    }
}

impl Layer {
    /// `x` has `texts × length` rows.
    fn of(&self, x: &Tensor, texts: usize, length: usize) -> Result<Tensor> {
        let heads = |part: &Linear| {
            let split = (texts, length, HEADS, DIMENSION / HEADS);
            part.of(x)?.reshape(split)?.transpose(1, 2)?.contiguous()
        };
        let scale = 1.0 / ((DIMENSION / HEADS) as f64).sqrt();
        let scores = (heads(&self.query)?.matmul(&heads(&self.key)?.t()?)? * scale)?;
        let scores = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()?;
        let shares = scores.broadcast_div(&scores.sum_keepdim(D::Minus1)?)?;
        let mixed = shares.matmul(&heads(&self.value)?)?.transpose(1, 2)?;
        let mixed = mixed.contiguous()?.reshape((texts * length, DIMENSION))?;
        let x = self.mixed_norm.of(&(self.mixed.of(&mixed)? + x)?)?;
        let wide = self.wide.of(&x)?.gelu_erf()?;
        self.narrow_norm.of(&(self.narrow.of(&wide)? + x)?)
    }
}

impl Model {
    /// Out of safetensors.
    pub(crate) fn new(weights: &[u8]) -> std::result::Result<Model, Error> {
        Model::load(weights).map_err(|e| Error::Model(e.to_string()))
    }

    fn load(weights: &[u8]) -> Result<Model> {
        let mut store = Store(candle_core::safetensors::load_buffer(weights, &Device::Cpu)?);
        Ok(Model {
            words: store.take("embeddings.word_embeddings.weight")?,
            positions: store.take("embeddings.position_embeddings.weight")?,
            sentence: store.take("embeddings.token_type_embeddings.weight")?.get(0)?,
            norm: store.norm("embeddings")?,
            layers: (0..LAYERS).map(|at| store.layer(at)).collect::<Result<_>>()?,
        })
    }

    /// One vector for each row of pieces. All rows have the same length.
    pub(crate) fn vectors(&self, rows: &[&[u32]]) -> std::result::Result<Vec<Vec<f32>>, Error> {
        self.run(rows).map_err(|e| Error::Model(e.to_string()))
    }

    fn run(&self, rows: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        let (texts, length) = (rows.len(), rows.first().map_or(0, |r| r.len()));
        let pieces = Tensor::new(rows.concat(), &Device::Cpu)?;
        let words = self.words.index_select(&pieces, 0)?.reshape((texts, length, DIMENSION))?;
        let x = words.broadcast_add(&self.positions.narrow(0, 0, length)?)?;
        let x = x.broadcast_add(&self.sentence)?.reshape((texts * length, DIMENSION))?;
        let mut x = self.norm.of(&x)?;
        for layer in &self.layers {
            x = layer.of(&x, texts, length)?;
        }
        let mean = x.reshape((texts, length, DIMENSION))?.mean(1)?;
        let size = mean.sqr()?.sum_keepdim(D::Minus1)?.sqrt()?;
        mean.broadcast_div(&size)?.to_dtype(DType::F32)?.to_vec2()
    }
}
