"""What PyTorch has and we do not: why, and what to do instead. The one table of it.

Each is an AttributeError, so that `hasattr` says no and programs with a second way take it:

>>> import autograd as torch
>>> hasattr(torch, "sparse_coo_tensor")
False
"""

from __future__ import annotations

import re

SPARSE = "there are no sparse Tensors; a dense one gives the same values"
COMPLEX = "there are no complex Tensors; keep the real and the imaginary part as two Tensors"
FOURIER = (
    "there are no complex Tensors, so no Fourier transforms; numpy.fft takes x.detach().numpy(), without a gradient"
)
QUANTISED = "there are no quantised Tensors; use float32"
NESTED = "there are no nested Tensors; pad to one length (nn.utils.rnn.pad_sequence) and mask"
MASKED = "there are no masked Tensors; use where, masked_fill or nanmean on a Tensor and its mask"
NARROW = "NumPy has no such numbers; use one of bool, uint8, int8 ... int64, float16, float32, float64"
KERNEL = "it is one library's kernel; call the public function that PyTorch calls it from"
INTERNAL = (
    "it belongs to PyTorch's compiler and dispatcher; there is none here, and no program needs it for its results"
)
STORAGE = "there are no storages: a Tensor's memory is the NumPy array x.numpy()"
DEVICE = "Tensors live on the CPU only"
GRAPH = "programs are not captured or exported; the tape (autograd.tape()) shows what ran"
FILES = "files hold numbers and text, never classes or programs: save model.state_dict() with nn.save"
MANY = "nn.DataParallel(model) runs the model on the one device there is; autograd.distributed has several processes"
MPI = (
    "processes talk by MPI: autograd.distributed has all_reduce, broadcast, send and the like, nn.parallel has "
    "DistributedDataParallel; models are not cut into parts, and there is no server, store or remote call"
)
PROFILER = "autograd.profiler.profile says where time and memory go"
TRACER = "there is one profiler, and no driver's beside it: autograd.profiler.profile"
DOWNLOAD = "nothing is downloaded by name; load weights with nn.load and model.load_state_dict"
DISPATCH = "a Tensor's functions are not overridden by subclasses; write a function, or an autograd.Function"
EIGEN = "its results are complex; linalg.eigh and eigvalsh are for symmetric matrices"
PIPES = "data pipes were removed from PyTorch's own plans; use nn.data.Dataset or IterableDataset"
EXTENSION = "there is no C++ interface; write a NumPy or Numba function inside an autograd.Function"
REMOVED = "PyTorch has removed it, too"
FLAGS = "there is one implementation and no switch between several"
CHECKPOINT = "autograd.checkpoint(function, *args) keeps the arguments alone, and there is nothing to select"
REPORT = "it reports on PyTorch's own installation"
STEP = "an optimiser's step is its method `step`; there is no function of it"
HISTORY = "the tape is public: x.grad_fn, x.grad_fn.next_functions, Tensor.register_hook, autograd.tape()"

MODULES = {
    "ao": QUANTISED,
    "autograd.profiler_legacy": PROFILER,
    "autograd.profiler_util": PROFILER,
    "classes": INTERNAL,
    "compiler.config": INTERNAL,
    "cpp": EXTENSION,
    "distributed.fsdp": MPI,
    "export": GRAPH,
    "fft": FOURIER,
    "fx": GRAPH,
    "hub": DOWNLOAD,
    "library": INTERNAL,
    "masked": MASKED,
    "monitor": PROFILER,
    "mtia": DEVICE,
    "nested": NESTED,
    "nn.intrinsic": QUANTISED,
    "nn.qat": QUANTISED,
    "nn.quantizable": QUANTISED,
    "nn.quantized": QUANTISED,
    "ops": INTERNAL,
    "overrides": DISPATCH,
    "package": FILES,
    "quantization": QUANTISED,
    "quasirandom": "use scipy.stats.qmc.Sobol and autograd.from_numpy",
    "return_types": "results with several parts are named tuples of their own; use their fields",
    "sparse": SPARSE,
    "storage": STORAGE,
    "utils.backend_registration": DEVICE,
    "utils.benchmark": PROFILER,
    "utils.bottleneck": PROFILER,
    "utils.collect_env": REPORT,
    "utils.cpp_extension": EXTENSION,
    "utils.data.datapipes": PIPES,
    "utils.data.graph": PIPES,
    "utils.data.graph_settings": PIPES,
    "utils.flop_counter": PROFILER,
    "utils.mobile_optimizer": GRAPH,
    "utils.model_zoo": DOWNLOAD,
    "utils.serialization": FLAGS,
    "utils.throughput_benchmark": PROFILER,
    "utils.weak": INTERNAL,
}
"""Module -> why the whole of it is not here."""

NAMES: dict[str, dict[str, str]] = {
    "": {
        SPARSE: """
            ccol_indices_copy col_indices_copy crow_indices_copy dsmm hsmm hspmm indices_copy resize_as_sparse_
            row_indices_copy saddmm smm sparse_bsc sparse_bsc_tensor sparse_bsr sparse_bsr_tensor
            sparse_compressed_tensor sparse_coo sparse_coo_tensor sparse_csc sparse_csc_tensor sparse_csr
            sparse_csr_tensor sspaddmm values_copy
        """,
        COMPLEX: """
            complex conj_physical_ imag polar view_as_complex view_as_complex_copy view_as_real view_as_real_copy
            ComplexDoubleStorage ComplexFloatStorage
        """,
        FOURIER: "istft stft",
        QUANTISED: """
            choose_qparams_optimized dequantize empty_quantized fake_quantize_per_channel_affine
            fake_quantize_per_tensor_affine fused_moving_avg_obs_fake_quant int_repr per_channel_affine
            per_channel_affine_float_qparams per_channel_symmetric per_tensor_affine per_tensor_symmetric qscheme
        """,
        NESTED: "jagged",
        NARROW: "bit",
        KERNEL: """
            batch_norm_backward_elemt batch_norm_backward_reduce batch_norm_elemt batch_norm_gather_stats
            batch_norm_gather_stats_with_counts batch_norm_stats batch_norm_update_stats
        """,
        INTERNAL: """
            AVG AggregationType AliasDb AnyType Argument ArgumentSpec AwaitType BenchmarkConfig
            BenchmarkExecutionStats Block BoolType BufferDict CallStack Capsule ClassType Code CompilationUnit
            CompleteArgumentSpec ComplexType ConcreteModuleType ConcreteModuleTypeBuilder DeepCopyMemoTable
            DeserializationStorageContext DeviceObjType DictType DisableTorchFunction DisableTorchFunctionSubclass
            DispatchKey DispatchKeySet EnumType ErrorReport ExcludeDispatchKeyGuard ExecutionPlan FatalError FileCheck
            FloatType FunctionSchema Future FutureType Gradient Graph GraphExecutorState IODescriptor InferredType
            IntType InterfaceType JITException ListType LiteScriptModule LockingLogger LoggerBase ModuleDict Node
            NoneType NoopLogger NumberType OperatorInfo OptionalType PRIVATE_OPS ParameterDict PyObjectType
            PyTorchFileReader PyTorchFileWriter RRefType SUM ScriptClass ScriptClassFunction ScriptDict
            ScriptDictIterator ScriptDictKeyIterator ScriptFunction ScriptList ScriptListIterator ScriptMethod
            ScriptModule ScriptModuleSerializer ScriptObject ScriptObjectProperty SerializationStorageContext
            StaticModule StreamObjType StringType SymBool SymBoolType SymFloat SymInt SymIntType Tag TensorType
            ThroughputBenchmark TracingState TupleType Type USE_GLOBAL_DEPS USE_RTLD_GLOBAL_WITH_LIBTORCH UnionType
            Use Value classproperty cond fork hash_tensor import_ir_module import_ir_module_from_buffer
            init_num_threads is_anomaly_check_nan_enabled is_warn_always_enabled legacy_contiguous_format
            merge_type_from_type_comment parse_ir parse_schema parse_type_comment prepare_multiprocessing_environment
            set_anomaly_enabled sym_constrain_range sym_constrain_range_for_size sym_float sym_fresh_size sym_int
            sym_ite sym_max sym_min sym_not sym_sqrt sym_sum thread_safe_generator torch torch_version unify_type_list
            wait while_loop DeviceType NestedIOFunction ProfilerActivity ProfilerConfig ProfilerEvent
            ProfilerState SavedTensor enforce_grad_layout_policy handle_torch_function has_torch_function
            is_multithreading_enabled is_tensor_like is_view_replay_enabled kineto_available
            set_multithreading_enabled profiler_allow_cudagraph_cupti_lazy_reinit_cuda12
        """,
        FLAGS: """
            autocast_decrement_nesting autocast_increment_nesting clear_autocast_cache get_autocast_cpu_dtype
            get_autocast_dtype get_autocast_gpu_dtype get_autocast_ipu_dtype get_autocast_xla_dtype
            is_autocast_ipu_enabled is_autocast_xla_enabled set_autocast_cache_enabled set_autocast_cpu_dtype
            set_autocast_cpu_enabled set_autocast_dtype set_autocast_enabled set_autocast_gpu_dtype
            set_autocast_ipu_dtype set_autocast_ipu_enabled set_autocast_xla_dtype set_autocast_xla_enabled
        """,
        DEVICE: "AcceleratorError Event OutOfMemoryError Stream get_device_module cudnn_is_acceptable",
        EIGEN: "eig",
        REMOVED: "symeig solve matrix_rank lstsq",
        "use linalg.eigh, or svd_lowrank for a few of many singular values": "lobpcg",
        "use linalg.qr and a product": "geqrf ormqr",
        "use nn.LSTM, nn.GRU or nn.RNN with these parameters": "gru lstm rnn_relu rnn_tanh",
        "use nn.functional.dropout and its kin with inplace=True": """
            alpha_dropout_ dropout_ feature_alpha_dropout_ feature_dropout feature_dropout_
        """,
        "use scatter_reduce or index_add": "segment_reduce",
        "use as_strided, or copy_": "as_strided_ slice_inverse",
    },
    "Tensor": {
        SPARSE: """
            ccol_indices coalesce col_indices crow_indices dense_dim indices is_coalesced resize_as_sparse_
            row_indices smm sparse_dim sparse_mask sparse_resize_ sparse_resize_and_clear_ sspaddmm to_sparse
            to_sparse_bsc to_sparse_bsr to_sparse_coo to_sparse_csc to_sparse_csr values _nnz _values _indices
        """,
        COMPLEX: "imag cdouble cfloat chalf conj_physical_",
        FOURIER: "istft stft",
        QUANTISED: """
            dequantize int_repr q_per_channel_axis q_per_channel_scales q_per_channel_zero_points q_scale q_zero_point
            qscheme
        """,
        NESTED: "to_padded_tensor",
        DEVICE: "ipu mtia xpu record_stream to_mkldnn",
        STORAGE: "const_data_ptr is_set_to set_ storage storage_type untyped_storage",
        INTERNAL: "grad_dtype hash_tensor module_load name output_nr reinforce volatile as_subclass",
        EIGEN: "eig",
        REMOVED: "symeig solve lstsq",
        "use as_strided, or copy_": "as_strided_ slice_inverse map2_ index",
        "use resize_ on a constant, or reshape": "resize resize_as",
        "use linalg.qr and a product": "geqrf ormqr",
    },
    "nn": {
        REMOVED: "Container",
        INTERNAL: "common_types factory_kwargs",
        "use nn.Linear and nn.CrossEntropyLoss: the product is never large here": (
            "LinearCrossEntropyLoss LinearCrossEntropyOptions"
        ),
    },
    "nn.functional": {
        INTERNAL: """
            BroadcastingList1 BroadcastingList2 BroadcastingList3 DType GRID_SAMPLE_INTERPOLATION_MODES
            GRID_SAMPLE_PADDING_MODES ScalingType SwizzleType Tensor assert_int_or_pair boolean_dispatch
            reproducibility_notes sparse_support_notes tf32_notes torch grouped_mm scaled_grouped_mm scaled_mm
        """,
        DISPATCH: "handle_torch_function has_torch_function has_torch_function_unary has_torch_function_variadic",
        "use F.linear and F.cross_entropy": "linear_cross_entropy",
    },
    "nn.attention": {
        FLAGS: """
            SDPAParams WARN_FOR_UNFUSED_KERNELS activate_flash_attention_impl can_use_efficient_attention
            can_use_flash_attention current_flash_attention_impl list_flash_attention_impls
            register_flash_attention_impl restore_flash_attention_impl
        """,
        "write attention_mask as a Tensor": "bias flex_attention varlen",
    },
    "nn.parallel": {MANY: "DistributedDataParallelCPU comm gather parallel_apply replicate scatter scatter_gather"},
    "nn.utils.prune": {"prune again: every method keeps what was pruned before": "PruningContainer"},
    "nn.utils": {INTERNAL: "torch"},
    "nn.utils.parametrize": {
        INTERNAL: """
            OpaqueBase is_opaque_reference_type is_traceable_wrapper_subclass get_swap_module_params_on_conversion
        """,
        "register the parametrization on the other module, too": "transfer_parametrizations_and_params",
    },
    "nn.utils.rnn": {INTERNAL: "PackedSequence_ bind copy_method_params"},
    "optim": {
        SPARSE + "; use Adam": "SparseAdam",
        INTERNAL: "swap_in_optimizer_params_and_state",
    },
    "optim.adam": {STEP: "adam adamw"},
    "optim.sgd": {STEP: "sgd"},
    "optim.optimizer": {"register hooks on each optimiser": """register_optimizer_step_post_hook
            register_optimizer_step_pre_hook"""},
    "data": {
        PIPES: """
            DFIterDataPipe DataChunk IterDataPipe MapDataPipe argument_validation datapipes functional_datapipe graph
            graph_settings guaranteed_datapipes_determinism non_deterministic runtime_validation
            runtime_validation_disabled
        """,
    },
    "linalg": {EIGEN: "eig eigvals", INTERNAL: "common_notes",
               "use linalg.lu_factor": "ldl_factor ldl_factor_ex ldl_solve"},
    "func": {
        INTERNAL: "debug_unwrap functionalize",
        "use reshape and permute": "rearrange",
    },
    "graph": {
        HISTORY: """
            GradientEdge TorchDispatchMode allow_mutation_on_saved_tensors disable_saved_tensors_hooks
            get_gradient_edge increment_version region_activation_memory_budget register_multi_grad_hook save_on_cpu
            saved_tensors_hooks set_override_stale_capture_stream set_warn_on_accumulate_grad_stream_mismatch
        """,
    },
    "onnx": {
        "autograd.onnx.export writes a file at once, and raises CaptureError where it cannot": """
            ExportableModule InputObserver ONNXProgram OnnxExporterError errors is_in_onnx_export ops
        """,
    },
    "profiler": {
        TRACER: """
            DeviceType EnforceUnique ExecutionTraceObserver KinetoStepTracker MEMORY_EVENT_NAME MemRecordsAcc
            OUT_OF_MEMORY_EVENT_NAME ProfilerConfig ProfilerState emit_itt emit_nvtx kineto_available load_nvprof
            parse_nvprof_trace
        """,
    },
    "random": {INTERNAL: "thread_safe_generator torch"},
    "testing": {INTERNAL: "FileCheck"},
    "utils": {
        INTERNAL: """
            ThroughputBenchmark cmake_prefix_path cpp_backtrace get_cpp_backtrace backcompat deterministic
            generate_methods_for_privateuse1_backend rename_privateuse1_backend swap_tensors torch
        """,
    },
    "utils.checkpoint": {
        CHECKPOINT: """
            CheckpointError CheckpointFunction CheckpointPolicy DefaultDeviceType GraphExecGroup LoggingTensorMode
            SAC_IGNORED_OPS SavedTensor SelectiveCheckpointContext TorchDispatchMode capture_logs
            check_backward_validity create_selective_checkpoint_contexts detach_variable fx_traceback
            get_device_states noop_context_fn set_checkpoint_debug_enabled set_checkpoint_early_stop set_device_states
            tree_map
        """,
    },
    "jit": {
        FILES: "load save jit_module_from_flatbuffer save_jit_module_to_flatbuffer export_opnames",
        GRAPH: """
            Attribute CompilationUnit Error ONNXTracedModule RecursiveScriptClass RecursiveScriptModule ScriptWarning
            TopLevelTracedModule TracedModule TracerWarning TracingCheckError enable_onednn_fusion
            frontend fuser interface last_executed_optimized_graph onednn_fusion_enabled optimized_execution
            run_frozen_optimizations script_method set_fusion_strategy set_module strict_fusion trace_module
        """,
    },
    "serialization": {
        FILES: """
            DEFAULT_PROTOCOL INT_SIZE IS_WINDOWS LONG_SIZE LoadEndianness MAGIC_NUMBER MAP_PRIVATE MAP_SHARED
            PROTOCOL_VERSION SHORT_SIZE STORAGE_KEY_SEPARATOR SourceChangeWarning Storage StorageType UNSAFE_MESSAGE
            check_module_version_greater_or_equal default_restore_location get_crc32_options
            get_default_load_endianness get_default_mmap_options get_source_lines_and_file
            get_unsafe_globals_in_checkpoint location_tag normalize_storage_type register_package set_crc32_options
            set_default_load_endianness set_default_mmap_options skip_data storage_to_tensor_type validate_cuda_device
            validate_hpu_device
        """,
    },
}  # fmt: skip
"""Module -> reason -> the names, for modules of which a part is here. "" is the main module."""

PATTERNS: dict[str, tuple[tuple[str, str], ...]] = {
    "": (
        (r"(cudnn|miopen|mkldnn|fbgemm|native)_\w+", KERNEL),
        (r"(quantized?|q)_\w+|q(u)?int\w+|QU?Int\w+", QUANTISED),
        (r"float[48]_\w+|bits\d\w*|u?int[1-7]|BFloat16\w+", NARROW),
        (r"\w*Storage(Base)?", STORAGE),
    ),
    "Tensor": ((r"_\w+", INTERNAL),),
    "cuda": ((r".*", DEVICE),),
    "mps": ((r".*", DEVICE),),
    "xpu": ((r".*", DEVICE),),
    "accelerator": ((r".*", DEVICE),),
    "nn.modules.module": (
        (r"register_module_\w+|T", "there are no hooks of all modules at once; register them on each"),
    ),
    "cpu": ((r".*", DEVICE),),
    "backends": ((r".*", FLAGS),),
    "distributed": ((r".*", MPI),),
    "multiprocessing": ((r".*", "use Python's multiprocessing, and nn.data.DataLoader for loading in threads"),),
    "compiler": ((r".*", GRAPH),),
    "function": ((r"(BackwardC|Inplace|NestedIO)Function|FunctionMeta|custom_function_call|hooks", HISTORY),),
    "modes": ((r"enforce_grad_layout_policy|set_multithreading_enabled", FLAGS),),
    "amp": ((r"autocast_mode|grad_scaler|common|amp_definitely_not_available", FLAGS),),
    "cuda.amp": ((r"autocast_mode|grad_scaler|common|amp_definitely_not_available", FLAGS),),
    "functional": ((r"i?stft", FOURIER),),
}
"""Module -> (pattern of the names, reason), tried after NAMES."""


def reason(module: str, name: str) -> str | None:
    """Why `name` of PyTorch's module `module` (without "torch.") is not here; None if PyTorch has no such name."""
    for part in (f"{module}.{name}".strip("."), f"autograd.{name}" if not module else "", module):
        if part in MODULES:
            return MODULES[part]
    for table in (module, "nn" if module.startswith("nn.modules") else module):
        for why, names in NAMES.get(table, {}).items():
            if name in names.split():
                return why
    first = module.split(".")[0] if module else ""
    for pattern, why in PATTERNS.get(module) or (PATTERNS.get(first, ()) if first else ()):
        if re.fullmatch(pattern, name) and not name.startswith("__"):
            return why
    return None


def missing(module: str, name: str) -> AttributeError:
    """The error for a name that is not here: of `module`, such as "nn.functional" or "autograd.linalg"."""
    why = reason(re.sub(r"^autograd\.?|^nn\.(?=optim|data)", "", module), name)
    if why is None:
        return AttributeError(f"module {module!r} has no attribute {name!r}")
    return AttributeError(f"{module}.{name} is not here: {why}")
