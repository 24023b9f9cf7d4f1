using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace QgaOrchestrator.Architecture.Tests;

/// <summary>The assemblies as they were built, read as files and not loaded.</summary>
internal static class Built
{
    /// <summary>The assemblies of src.</summary>
    public static readonly string[] Ours =
    [
        "QgaOrchestrator.Core",
        "QgaOrchestrator.Qemu",
        "QgaOrchestrator.Passwords",
        "QgaOrchestrator.Api",
        "QgaOrchestrator.Actors",
        "qga-watchdog",
        "qgactl",
        "qgad",
    ];

    /// <summary>Names of the assemblies that this one refers to.</summary>
    public static IReadOnlyList<string> References(string assembly) => Read(assembly, metadata => metadata.AssemblyReferences
        .Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))
        .ToArray());

    /// <summary>Every member of another assembly that this one's code names, as in <c>System.Random..ctor(1)</c>: type, name
    /// and, in brackets, the number of parameters where there are some.</summary>
    public static IReadOnlyList<string> Members(string assembly) => Read(assembly, metadata => metadata.MemberReferences
        .Select(handle => Describe(metadata, metadata.GetMemberReference(handle)))
        .ToArray());

    private static string Describe(MetadataReader metadata, MemberReference member)
    {
        var type = member.Parent.Kind switch
        {
            HandleKind.TypeReference => Name(metadata, (TypeReferenceHandle)member.Parent),
            HandleKind.TypeSpecification => "generic",
            _ => "own",
        };
        var parameters = member.GetKind() == MemberReferenceKind.Method
            ? member.DecodeMethodSignature(Arity.Instance, null).ParameterTypes.Length
            : 0;
        return $"{type}.{metadata.GetString(member.Name)}({(parameters == 0 ? "" : parameters)})";
    }

    private static string Name(MetadataReader metadata, TypeReferenceHandle handle)
    {
        var type = metadata.GetTypeReference(handle);
        var name = metadata.GetString(type.Name);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{Name(metadata, (TypeReferenceHandle)type.ResolutionScope)}.{name}"
            : $"{metadata.GetString(type.Namespace)}.{name}";
    }

    private static T Read<T>(string assembly, Func<MetadataReader, T> read)
    {
        using var file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, assembly + ".dll"));
        using var image = new PEReader(file);
        return read(image.GetMetadataReader());
    }

    /// <summary>Decodes a signature only to count its parameters.</summary>
    private sealed class Arity : ISignatureTypeProvider<int, object?>
    {
        public static readonly Arity Instance = new();

        public int GetArrayType(int elementType, ArrayShape shape) => 0;

        public int GetByReferenceType(int elementType) => 0;

        public int GetFunctionPointerType(MethodSignature<int> signature) => 0;

        public int GetGenericInstantiation(int genericType, ImmutableArray<int> typeArguments) => 0;

        public int GetGenericMethodParameter(object? genericContext, int index) => 0;

        public int GetGenericTypeParameter(object? genericContext, int index) => 0;

        public int GetModifiedType(int modifier, int unmodifiedType, bool isRequired) => 0;

        public int GetPinnedType(int elementType) => 0;

        public int GetPointerType(int elementType) => 0;

        public int GetPrimitiveType(PrimitiveTypeCode typeCode) => 0;

        public int GetSZArrayType(int elementType) => 0;

        public int GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => 0;

        public int GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => 0;

        public int GetTypeFromSpecification(
            MetadataReader reader,
            object? genericContext,
            TypeSpecificationHandle handle,
            byte rawTypeKind
        ) => 0;
    }
}
