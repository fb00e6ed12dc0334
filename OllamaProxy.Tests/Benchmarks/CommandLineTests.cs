using OllamaProxy.Benchmarks;

namespace OllamaProxy.Tests.Benchmarks;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--speed", "'--speed' is not an option; --help lists them.")]
    [InlineData("--row", "--row needs a value.")]
    [InlineData("--row submit --row nothing", "There is no row 'nothing'; --list lists them.")]
    [InlineData("--chaos --minutes soon", "'soon' is no number from 0 to 60.")]
    [InlineData("--peer nginx", "'nginx' is not NAME=COMMAND with {port} in the command.")]
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

    [Fact]
    public void Chaos_is_repeated_by_its_seed()
    {
        var line = CommandLine.TryParse(["--chaos", "--minutes", "0.5", "--seed", "7"], out _)!;
        Assert.Equal((true, TimeSpan.FromSeconds(30), 7), (line.Chaos, line.Length, line.Seed));
        Assert.All(line.Measurements.Single().Rows, row => Assert.StartsWith("chaos-", row.Name, StringComparison.Ordinal));
    }

    [Fact]
    public void A_soak_takes_an_hour_unless_it_is_told_otherwise()
    {
        var line = CommandLine.TryParse(["--soak"], out _)!;
        Assert.All(line.Measurements.Single().Rows, row => Assert.StartsWith("soak-", row.Name, StringComparison.Ordinal));
        Assert.True(line.Measurements.Single().Patience > TimeSpan.FromHours(1));
        line = CommandLine.TryParse(["--soak", "--minutes", "2"], out _)!;
        Assert.True(line.Measurements.Single().Patience < TimeSpan.FromHours(1));
    }

    [Fact]
    public void A_peer_that_is_named_is_compared_beside_those_that_are_known()
    {
        var line = CommandLine.TryParse(["--peer", "mine=my-proxy --port={port} --to={ollama}"], out _)!;
        var rows = line.Measurements.SelectMany(each => each.Rows).Select(row => row.Name).ToList();
        Assert.Equal(["peer-this-first-byte", "peer-this-64", "peer-this-cpu", "peer-yarp-first-byte"], rows.Take(4));
        Assert.Contains("peer-mine-cpu", rows);
    }

    private static Row Named(string name) => new(name, "", Target.AtLeast(1, "x"));
}
