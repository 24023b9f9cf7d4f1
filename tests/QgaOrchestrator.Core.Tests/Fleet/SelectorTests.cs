using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Core.Tests.Fleet;

public class SelectorTests
{
    private static readonly VmIdentity Db1 = Vm(
        "hv1", "vm-db1", "4dd0fe65-7e3a-4a08-a6a7-0b4ed5b1c57f", ("app", "db"), ("env", "prod"));
    private static readonly VmIdentity Web = Vm("hv2", "web", null, ("app", "web"), ("env", "test"), ("legacy", "yes"));
    private static readonly VmIdentity Bare = Vm("hv2", "vm-bare", null);

    /// <summary>Which of the three VMs each selector takes.</summary>
    [Theory]
    [InlineData("*", "vm-db1 web vm-bare")]
    [InlineData("app=db", "vm-db1")]
    [InlineData("app = db", "vm-db1")]
    [InlineData("app=d*", "vm-db1")]
    [InlineData("app=*", "vm-db1 web")]
    [InlineData("app", "vm-db1 web")]
    [InlineData("!app", "vm-bare")]
    [InlineData("app!=db", "web vm-bare")]
    [InlineData("env in (prod,stage)", "vm-db1")]
    [InlineData("env in ( prod , test )", "vm-db1 web")]
    [InlineData("env notin (prod,stage)", "web vm-bare")]
    [InlineData("app=db,env in (prod,stage),!legacy", "vm-db1")]
    [InlineData("env in (prod,test),!legacy", "vm-db1")]
    [InlineData("name=vm*", "vm-db1 vm-bare")]
    [InlineData("name=*b*", "vm-db1 web vm-bare")]
    [InlineData("name=*b1", "vm-db1")]
    [InlineData("name in (web,vm-bare)", "web vm-bare")]
    [InlineData("host=hv1", "vm-db1")]
    [InlineData("host!=hv1", "web vm-bare")]
    [InlineData("uuid=4dd0fe65-*", "vm-db1")]
    [InlineData("!uuid", "web vm-bare")]
    [InlineData("*,host=hv2", "web vm-bare")]
    [InlineData("inner", "")]
    [InlineData("App=db", "")]
    public void Takes_just_the_vms_that_satisfy_every_term(string text, string expected)
    {
        var selector = Selector.Parse(text);
        var taken = new[] { Db1, Web, Bare }.Where(selector.Matches).Select(vm => vm.Id.Name);
        Assert.Equal(expected, string.Join(' ', taken));
        Assert.Equal(text, selector.ToString());
    }

    [Theory]
    [InlineData("", 1, "a label, name, host or *")]
    [InlineData("app=", 5, "a value for app")]
    [InlineData("app=db,", 8, "a label, name, host or *")]
    [InlineData("app db", 5, "a comma or the end")]
    [InlineData("env in prod", 8, "( and a list of values")]
    [InlineData("env in (prod", 13, "a comma or )")]
    [InlineData("env in ()", 9, "a value for env")]
    [InlineData("!", 2, "a label after !")]
    [InlineData("app=db;drop", 7, "a comma or the end")]
    [InlineData("=db", 1, "a label, name, host or *")]
    public void Says_where_it_is_wrong_and_what_was_expected(string text, int position, string expected)
    {
        Assert.False(Selector.TryParse(text, out _, out var error));
        Assert.Contains($"at character {position} ", error, StringComparison.Ordinal);
        Assert.Contains($"where {expected} was expected", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("vm-1.example_x", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("a/b", false)]
    [InlineData("a~b", false)]
    [InlineData("vm 1", false)]
    [InlineData("vmé", false)]
    public void A_name_is_safe_in_paths_and_entity_ids(string name, bool good) => Assert.Equal(good, VmId.IsName(name));

    private static VmIdentity Vm(string host, string name, string? uuid, params (string Key, string Value)[] labels) =>
        new(new VmId(host, name), uuid, labels.ToDictionary(l => l.Key, l => l.Value));
}
