using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace QgaOrchestrator.Architecture.Tests;

/// <summary>A type that another type names, both by namespace and outermost name.</summary>
internal sealed record Use(BuiltType From, BuiltType To);

internal sealed record BuiltType(string Namespace, string Name);

/// <summary>
/// Which types of an assembly name which others of it: in signatures, fields, attributes and the code of methods. What the
/// compiler inlines (a constant, nameof) leaves no trace.
/// </summary>
internal sealed class BuiltTypes : IDisposable
{
    private static readonly Dictionary<int, OperandType> Operands = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (int)(ushort)code.Value, code => code.OperandType);

    private readonly PEReader _image;
    private readonly MetadataReader _metadata;
    private readonly HashSet<Use> _uses = [];

    private BuiltTypes(string assembly)
    {
        _image = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, assembly + ".dll")));
        _metadata = _image.GetMetadataReader();
    }

    /// <summary>Of types of the assembly's own namespaces, those of the compiler and its generators left out.</summary>
    public static IReadOnlyCollection<Use> UsesIn(string assembly)
    {
        using var types = new BuiltTypes(assembly);
        foreach (var handle in types._metadata.TypeDefinitions) types.Read(handle);
        types._uses.RemoveWhere(use => !IsOurs(use.From) || !IsOurs(use.To) || use.From == use.To);
        return types._uses;
    }

    /// <summary>Every type that is declared in a namespace of ours and not inside another one.</summary>
    public static IReadOnlyList<BuiltType> TypesIn(string assembly)
    {
        using var types = new BuiltTypes(assembly);
        return
        [
            .. types._metadata.TypeDefinitions
                .Where(handle => types._metadata.GetTypeDefinition(handle).GetDeclaringType().IsNil)
                .Select(types.Outermost)
                .Where(IsOurs),
        ];
    }

    public void Dispose() => _image.Dispose();

    private static bool IsOurs(BuiltType type) =>
        type.Namespace.StartsWith("QgaOrchestrator", StringComparison.Ordinal) && !type.Name.StartsWith('<');

    private void Read(TypeDefinitionHandle handle)
    {
        var type = _metadata.GetTypeDefinition(handle);
        var user = Outermost(handle);
        Add(user, type.BaseType);
        foreach (var implemented in type.GetInterfaceImplementations())
            Add(user, _metadata.GetInterfaceImplementation(implemented).Interface);
        AddConstraints(user, type.GetGenericParameters());
        AddAttributes(user, type.GetCustomAttributes());
        foreach (var nested in type.GetNestedTypes()) Add(user, nested);
        foreach (var field in type.GetFields().Select(_metadata.GetFieldDefinition))
        {
            Add(user, field.DecodeSignature(Signatures.Instance, null));
            AddAttributes(user, field.GetCustomAttributes());
        }
        foreach (var property in type.GetProperties().Select(_metadata.GetPropertyDefinition))
            AddAttributes(user, property.GetCustomAttributes());
        foreach (var method in type.GetMethods().Select(_metadata.GetMethodDefinition)) Read(user, method);
    }

    private void Read(BuiltType user, MethodDefinition method)
    {
        Add(user, method.DecodeSignature(Signatures.Instance, null));
        AddConstraints(user, method.GetGenericParameters());
        AddAttributes(user, method.GetCustomAttributes());
        if (method.RelativeVirtualAddress == 0) return;
        var body = _image.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
            foreach (var local in _metadata.GetStandaloneSignature(body.LocalSignature)
                .DecodeLocalSignature(Signatures.Instance, null))
                Add(user, local);
        foreach (var region in body.ExceptionRegions.Where(region => region.Kind == ExceptionRegionKind.Catch))
            Add(user, region.CatchType);
        ReadCode(user, body.GetILReader());
    }

    private void ReadCode(BuiltType user, BlobReader code)
    {
        while (code.RemainingBytes > 0)
        {
            int op = code.ReadByte();
            if (op == 0xFE) op = (op << 8) | code.ReadByte();
            switch (Operands[op])
            {
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType:
                    Add(user, MetadataTokens.EntityHandle(code.ReadInt32()));
                    break;
                case OperandType.InlineSwitch:
                    var targets = code.ReadInt32();
                    code.Offset += targets * 4;
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    code.Offset += 8;
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    code.Offset += 1;
                    break;
                case OperandType.InlineVar:
                    code.Offset += 2;
                    break;
                case OperandType.InlineNone:
                    break;
                default:
                    code.Offset += 4;
                    break;
            }
        }
    }

    /// <summary>A type, or a member and with it the type that declares it.</summary>
    private void Add(BuiltType user, EntityHandle named)
    {
        if (named.IsNil) return;
        switch (named.Kind)
        {
            case HandleKind.TypeDefinition:
                _uses.Add(new Use(user, Outermost((TypeDefinitionHandle)named)));
                break;
            case HandleKind.TypeSpecification:
                Add(user, _metadata.GetTypeSpecification((TypeSpecificationHandle)named)
                    .DecodeSignature(Signatures.Instance, null));
                break;
            case HandleKind.FieldDefinition:
                Add(user, _metadata.GetFieldDefinition((FieldDefinitionHandle)named).GetDeclaringType());
                break;
            case HandleKind.MethodDefinition:
                Add(user, _metadata.GetMethodDefinition((MethodDefinitionHandle)named).GetDeclaringType());
                break;
            case HandleKind.MethodSpecification:
                var method = _metadata.GetMethodSpecification((MethodSpecificationHandle)named);
                Add(user, method.Method);
                foreach (var argument in method.DecodeSignature(Signatures.Instance, null)) Add(user, argument);
                break;
            case HandleKind.MemberReference:
                var member = _metadata.GetMemberReference((MemberReferenceHandle)named);
                Add(user, member.Parent);
                if (member.GetKind() == MemberReferenceKind.Field)
                    Add(user, member.DecodeFieldSignature(Signatures.Instance, null));
                else
                    Add(user, member.DecodeMethodSignature(Signatures.Instance, null));
                break;
        }
    }

    private void Add(BuiltType user, MethodSignature<ImmutableHashSet<TypeDefinitionHandle>> signature)
    {
        Add(user, signature.ReturnType);
        foreach (var parameter in signature.ParameterTypes) Add(user, parameter);
    }

    private void Add(BuiltType user, ImmutableHashSet<TypeDefinitionHandle> named)
    {
        foreach (var type in named) Add(user, type);
    }

    private void AddConstraints(BuiltType user, GenericParameterHandleCollection parameters)
    {
        foreach (var parameter in parameters.Select(_metadata.GetGenericParameter))
            foreach (var constraint in parameter.GetConstraints())
                Add(user, _metadata.GetGenericParameterConstraint(constraint).Type);
    }

    private void AddAttributes(BuiltType user, CustomAttributeHandleCollection attributes)
    {
        foreach (var attribute in attributes) Add(user, _metadata.GetCustomAttribute(attribute).Constructor);
    }

    private BuiltType Outermost(TypeDefinitionHandle handle)
    {
        var type = _metadata.GetTypeDefinition(handle);
        while (!type.GetDeclaringType().IsNil) type = _metadata.GetTypeDefinition(type.GetDeclaringType());
        return new(_metadata.GetString(type.Namespace), _metadata.GetString(type.Name));
    }

    /// <summary>A signature as the types of this assembly that it names.</summary>
    private sealed class Signatures : ISignatureTypeProvider<ImmutableHashSet<TypeDefinitionHandle>, object?>
    {
        public static readonly Signatures Instance = new();

        private static readonly ImmutableHashSet<TypeDefinitionHandle> None = [];

        public ImmutableHashSet<TypeDefinitionHandle> GetTypeFromDefinition(
            MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => [handle];

        public ImmutableHashSet<TypeDefinitionHandle> GetTypeFromReference(
            MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => None;

        public ImmutableHashSet<TypeDefinitionHandle> GetTypeFromSpecification(
            MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
            reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

        public ImmutableHashSet<TypeDefinitionHandle> GetGenericInstantiation(
            ImmutableHashSet<TypeDefinitionHandle> genericType,
            ImmutableArray<ImmutableHashSet<TypeDefinitionHandle>> typeArguments) =>
            typeArguments.Aggregate(genericType, (all, argument) => all.Union(argument));

        public ImmutableHashSet<TypeDefinitionHandle> GetFunctionPointerType(
            MethodSignature<ImmutableHashSet<TypeDefinitionHandle>> signature) =>
            signature.ParameterTypes.Aggregate(signature.ReturnType, (all, parameter) => all.Union(parameter));

        public ImmutableHashSet<TypeDefinitionHandle> GetModifiedType(
            ImmutableHashSet<TypeDefinitionHandle> modifier,
            ImmutableHashSet<TypeDefinitionHandle> unmodifiedType,
            bool isRequired) => modifier.Union(unmodifiedType);

        public ImmutableHashSet<TypeDefinitionHandle> GetArrayType(
            ImmutableHashSet<TypeDefinitionHandle> elementType, ArrayShape shape) => elementType;

        public ImmutableHashSet<TypeDefinitionHandle> GetByReferenceType(
            ImmutableHashSet<TypeDefinitionHandle> elementType) => elementType;

        public ImmutableHashSet<TypeDefinitionHandle> GetPinnedType(
            ImmutableHashSet<TypeDefinitionHandle> elementType) => elementType;

        public ImmutableHashSet<TypeDefinitionHandle> GetPointerType(
            ImmutableHashSet<TypeDefinitionHandle> elementType) => elementType;

        public ImmutableHashSet<TypeDefinitionHandle> GetSZArrayType(
            ImmutableHashSet<TypeDefinitionHandle> elementType) => elementType;

        public ImmutableHashSet<TypeDefinitionHandle> GetGenericMethodParameter(object? genericContext, int index) => None;

        public ImmutableHashSet<TypeDefinitionHandle> GetGenericTypeParameter(object? genericContext, int index) => None;

        public ImmutableHashSet<TypeDefinitionHandle> GetPrimitiveType(PrimitiveTypeCode typeCode) => None;
    }
}
