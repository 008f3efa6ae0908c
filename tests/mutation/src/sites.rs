//! The places of a source that a change can be put to.

use std::collections::HashMap;
use std::ops::Range;

use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

/// An expression.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Whether it holds a `let`, so that it cannot stand elsewhere.
    pub(crate) has_let: bool,
}

/// An arm of a `match`.
pub(crate) struct Arm {
    pub(crate) pattern_end: usize,
    pub(crate) guard: Option<Site>,
    /// Whether it is the last of its `match`: without it, not every value would be covered.
    pub(crate) is_last: bool,
}

/// A field of a struct expression that has a rest (`..base`).
pub(crate) struct Field {
    pub(crate) member: String,
    pub(crate) name: (usize, usize),
    pub(crate) value: (usize, usize),
    pub(crate) rest: (usize, usize),
    pub(crate) path: (usize, usize),
}

/// All of them, by the byte where cargo-mutants says they begin.
#[derive(Default)]
pub(crate) struct Sites {
    pub(crate) binary: HashMap<usize, Site>,
    pub(crate) unary: HashMap<usize, Site>,
    pub(crate) guard: HashMap<usize, Site>,
    pub(crate) arm: HashMap<usize, Arm>,
    pub(crate) field: HashMap<usize, Field>,
    constant: Vec<Range<usize>>,
}

impl Sites {
    pub(crate) fn read(source: &str) -> syn::Result<Self> {
        let mut sites = Self::default();
        sites.visit_file(&syn::parse_file(source)?);
        Ok(sites)
    }

    /// Whether this is evaluated by the compiler, which has no switches.
    pub(crate) fn is_const(&self, at: usize) -> bool {
        self.constant.iter().any(|range| range.contains(&at))
    }

    fn constant(&mut self, span: Span) {
        self.constant.push(span.byte_range());
    }
}

fn ends(span: Span) -> (usize, usize) {
    let range = span.byte_range();
    (range.start, range.end)
}

fn site(expression: &syn::Expr) -> Site {
    struct Lets(bool);
    impl<'ast> Visit<'ast> for Lets {
        fn visit_expr_let(&mut self, _: &'ast syn::ExprLet) {
            self.0 = true;
        }
        // A block or a closure keeps its own.
        fn visit_block(&mut self, _: &'ast syn::Block) {}
        fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
        fn visit_expr_if(&mut self, _: &'ast syn::ExprIf) {}
        fn visit_expr_match(&mut self, _: &'ast syn::ExprMatch) {}
    }
    let mut lets = Lets(false);
    lets.visit_expr(expression);
    let (from, to) = ends(expression.span());
    Site { from, to, has_let: lets.0 }
}

impl<'ast> Visit<'ast> for Sites {
    fn visit_expr(&mut self, node: &'ast syn::Expr) {
        if let syn::Expr::Binary(binary) = node {
            self.binary.insert(ends(binary.op.span()).0, site(node));
        }
        if let syn::Expr::Unary(unary) = node {
            self.unary.insert(ends(unary.op.span()).0, site(node));
        }
        visit::visit_expr(self, node);
    }

    fn visit_expr_match(&mut self, node: &'ast syn::ExprMatch) {
        for (number, arm) in node.arms.iter().enumerate() {
            let guard = arm.guard.as_ref().map(|(_, guard)| site(guard));
            if let Some(guard) = &guard {
                self.guard.insert(guard.from, guard.clone());
            }
            let pattern_end = ends(arm.pat.span()).1;
            let is_last = number + 1 == node.arms.len();
            self.arm.insert(ends(arm.span()).0, Arm { pattern_end, guard, is_last });
        }
        visit::visit_expr_match(self, node);
    }

    fn visit_expr_struct(&mut self, node: &'ast syn::ExprStruct) {
        if let Some(rest) = &node.rest {
            for field in &node.fields {
                let syn::Member::Named(member) = &field.member else { continue };
                let (name, value) = (ends(member.span()), ends(field.expr.span()));
                let (rest, path) = (ends(rest.span()), ends(node.path.span()));
                let found = Field { member: member.to_string(), name, value, rest, path };
                self.field.insert(ends(field.span()).0, found);
            }
        }
        visit::visit_expr_struct(self, node);
    }

    fn visit_item_fn(&mut self, node: &'ast syn::ItemFn) {
        if node.sig.constness.is_some() {
            self.constant(node.span());
        }
        visit::visit_item_fn(self, node);
    }

    fn visit_impl_item_fn(&mut self, node: &'ast syn::ImplItemFn) {
        if node.sig.constness.is_some() {
            self.constant(node.span());
        }
        visit::visit_impl_item_fn(self, node);
    }

    fn visit_item_const(&mut self, node: &'ast syn::ItemConst) {
        self.constant(node.span());
        visit::visit_item_const(self, node);
    }

    fn visit_impl_item_const(&mut self, node: &'ast syn::ImplItemConst) {
        self.constant(node.span());
        visit::visit_impl_item_const(self, node);
    }

    fn visit_item_static(&mut self, node: &'ast syn::ItemStatic) {
        self.constant(node.span());
        visit::visit_item_static(self, node);
    }

    fn visit_expr_const(&mut self, node: &'ast syn::ExprConst) {
        self.constant(node.span());
        visit::visit_expr_const(self, node);
    }

    fn visit_expr_repeat(&mut self, node: &'ast syn::ExprRepeat) {
        self.constant(node.len.span());
        visit::visit_expr_repeat(self, node);
    }

    fn visit_type_array(&mut self, node: &'ast syn::TypeArray) {
        self.constant(node.len.span());
        visit::visit_type_array(self, node);
    }
}
