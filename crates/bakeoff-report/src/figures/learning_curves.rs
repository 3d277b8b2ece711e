//! For every gradient-trained model: training and validation loss, and the selection metric, by epoch.

use bakeoff_spec::{CurvePoint, Outcome};

use crate::chart::{Along, Chart, Line, Lines, Panel};
use crate::figures::{Figure, Place};
use crate::findings::Findings;

pub(crate) fn figures(findings: &Findings<'_>) -> Vec<Figure> {
    let models = findings.models.iter().enumerate();
    let with_curve = models.filter_map(|(i, model)| {
        let fit = model.replicates.iter().find(|fit| !fit.curve.is_empty())?;
        Some((i, &model.plan.label, fit))
    });
    with_curve
        .map(|(i, label, fit)| Figure {
            stem: format!("learning_curves_{label}"),
            alt: format!("Losses and {} of {label} by epoch", fit.trial.select),
            place: Place::Curves,
            model: Some(i),
            chart: Chart::Lines(Lines {
                title: format!("{label}, seed {}", fit.trial.seed),
                panels: panels(fit),
            }),
        })
        .collect()
}

fn panels(fit: &Outcome) -> Vec<Panel> {
    let line = |label: &str, of: fn(&CurvePoint) -> Option<f64>| Line {
        label: label.into(),
        points: fit
            .curve
            .iter()
            .filter_map(|point| Some((f64::from(point.epoch), of(point)?)))
            .collect(),
    };
    let loss = fit.trial.training.as_ref().map(|training| training.loss);
    let loss = loss.and_then(|loss| serde_json::to_value(loss).ok());
    let loss = loss.as_ref().and_then(|loss| loss.as_str()).unwrap_or("loss").replace('_', " ");
    let mark = (fit.best_epoch > 0).then(|| (f64::from(fit.best_epoch), "tested epoch".to_owned()));
    let panel = |heading: String, lines: Vec<Line>| Panel {
        heading,
        x_label: "epoch".into(),
        x: Along::Whole,
        y: Along::Plain,
        lines: lines.into_iter().filter(|line| !line.points.is_empty()).collect(),
        mark: mark.clone(),
    };
    vec![
        panel(
            format!("Loss ({loss})"),
            vec![
                line("training", |point| Some(point.train_loss)),
                line("validation", |point| point.valid_loss),
            ],
        ),
        panel(
            format!("{} on validation", fit.trial.select),
            vec![line("validation", |point| point.valid)],
        ),
    ]
}
