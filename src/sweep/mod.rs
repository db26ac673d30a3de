//! Many runs of one scenario: designs, parallel execution, analysis, optimisation.
