using OllamaProxy.Benchmarks;

namespace OllamaProxy.Tests.Benchmarks;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--speed", "'--speed' is not an option; --help lists them.")]
    [InlineData("--row", "--row needs a value.")]
    [InlineData("--row submit --row nothing", "There is no row 'nothing'; --list lists them.")]
    [InlineData("--server /no/such/server", "There is no server /no/such/server.")]
    public void A_bad_argument_is_named_in_one_line(string arguments, string expected)
    {
        Assert.Null(CommandLine.TryParse(arguments.Split(' '), out var error));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void Rows_are_chosen_by_the_beginnings_of_their_names()
    {
        var line = CommandLine.TryParse(["--smoke", "--row", "submit", "--row", "status"], out _);
        var results = new Results(line!.Rows, line.Smoke);
        Assert.True(results.Wants(Named("submit-64")));
        Assert.True(results.Wants(Named("status")));
        Assert.False(results.Wants(Named("scale-status")));
    }

    private static Row Named(string name) => new(name, "", Target.AtLeast(1, "x"));
}
