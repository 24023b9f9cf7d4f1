using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Qemu.Tests.Agent.Commands;

/// <summary>The code against the schema, both ways: what one has and the other lacks, or calls by another type, fails.</summary>
public sealed class SchemaTests
{
    private static readonly Schema _schema = Schema.Read();

    public static TheoryData<string> Commands { get; } = [.. _schema.Commands.Select(command => command.Name)];

    [Fact]
    public void The_code_has_exactly_the_schema_s_commands() =>
        Assert.Equal(
            _schema.Commands.Select(command => command.Name).Order(), AgentCommands.All.Select(command => command.Name).Order());

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_member_has_the_schema_s_name_type_and_optionality(string name)
    {
        var declared = _schema.Commands.Single(command => command.Name == name);
        Assert.Equal(_schema.Members(declared), CodeShape.Members(AgentCommands.Find(name)!, _schema));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Since_which_version_whether_answered_and_whether_while_frozen(string name)
    {
        var declared = _schema.Commands.Single(command => command.Name == name);
        var command = AgentCommands.Find(name)!;
        Assert.Equal(
            (declared.Since, declared.Answered, declared.WhileFrozen), (command.Since, command.Answered, command.WhileFrozen));
    }

    [Fact]
    public void Each_command_has_a_file_of_its_own()
    {
        foreach (var command in AgentCommands.All)
        {
            var name = string.Concat(command.Name.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
            var type = typeof(AgentCommands).Assembly.GetType($"{typeof(AgentCommands).Namespace}.{name}");
            Assert.NotNull(type);
            Assert.Same(command, type.GetProperty("Spec")!.GetValue(null));
            Assert.NotNull((object?)type.GetMethod("Request") ?? type.GetProperty("Request"));
            Assert.Equal(command.Returns is not null, type.GetMethod("Read") is not null);
        }
    }
}
