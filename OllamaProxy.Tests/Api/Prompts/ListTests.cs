using System.Text.Json;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Prompts;

public abstract class ListTests(ProxyFixture fixture) : IAsyncLifetime
{
    // A class's tests share one proxy: each looks only at the prompts with its own mark.
    private readonly string _mark = Guid.NewGuid().ToString("N");
    private readonly List<string> _ids = [];

    private RunningProxy Proxy => fixture.Proxy;

    public async Task InitializeAsync()
    {
        for (var n = 1; n <= 7; n++)
            _ids.Add(await Proxy.SubmitAsync(new { prompt = $"{_mark} number {n}", model = n == 7 ? "nosuch" : "tiny" }));
        foreach (var id in _ids)
            await Proxy.ResultAsync(id);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_page_has_what_the_original_had_newest_first()
    {
        var list = await Proxy.GetAsync($"/api/v1/prompts?q={_mark}&page=1&page_size=5");

        Assert.Equal((1, 5, 7, 2),
            (list.GetProperty("page").GetInt32(), list.GetProperty("page_size").GetInt32(), list.GetProperty("total").GetInt32(),
            list.GetProperty("total_pages").GetInt32()));
        Assert.Equal(Enumerable.Reverse(_ids).Take(5), Ids(list));
        var newest = list.GetProperty("prompts")[0];
        Assert.Equal(("failed", "nosuch", $"{_mark} number 7"),
            (newest.GetProperty("status").GetString(), newest.GetProperty("model").GetString(),
            newest.GetProperty("prompt_preview").GetString()));
        Assert.EndsWith("+00:00", newest.GetProperty("created_at").GetString(), StringComparison.Ordinal);
        Assert.EndsWith("+00:00", newest.GetProperty("updated_at").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_page_of_five_is_the_default()
    {
        var list = await Proxy.GetAsync($"/api/v1/prompts");
        Assert.Equal((1, 5, 5),
            (list.GetProperty("page").GetInt32(), list.GetProperty("page_size").GetInt32(), list.GetProperty("prompts").GetArrayLength()));
    }

    [Fact]
    public async Task A_page_past_the_end_is_empty()
    {
        var list = await Proxy.GetAsync($"/api/v1/prompts?q={_mark}&page=2147483647&page_size=100");
        Assert.Equal((0, 7, 1),
            (list.GetProperty("prompts").GetArrayLength(), list.GetProperty("total").GetInt32(),
            list.GetProperty("total_pages").GetInt32()));
    }

    [Fact]
    public async Task Filters_go_together()
    {
        Assert.Equal([_ids[6]], Ids(await Proxy.GetAsync($"/api/v1/prompts?q={_mark}&status=failed")));
        Assert.Equal([_ids[6]], Ids(await Proxy.GetAsync($"/api/v1/prompts?q={_mark}&model=nosuch")));
        Assert.Equal([_ids[2]], Ids(await Proxy.GetAsync($"/api/v1/prompts?q={_mark}%20NUMBER%203&status=completed&model=tiny")));
        Assert.Empty(Ids(await Proxy.GetAsync($"/api/v1/prompts?q={_mark}&status=cancelled")));
    }

    [Theory]
    [InlineData("page=0")]
    [InlineData("page=-1")]
    [InlineData("page=one")]
    [InlineData("page=1.5")]
    [InlineData("page=99999999999")]
    [InlineData("page=1&page=2")]
    [InlineData("page=%D9%A1")]
    [InlineData("page_size=0")]
    [InlineData("page_size=101")]
    [InlineData("page_size=many")]
    [InlineData("status=done")]
    [InlineData("status=Queued")]
    public async Task A_bad_query_gets_a_problem_that_names_the_value(string query)
    {
        using var response = await Proxy.Client.GetAsync($"/api/v1/prompts?{query}");
        var problem = await Problem.OfAsync(response, 400);
        Assert.Contains($"'{query.Split('=')[0]}'", problem.Error, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Ids(JsonElement list) =>
        list.GetProperty("prompts").EnumerateArray().Select(prompt => prompt.GetProperty("id").GetString()!);

    public sealed class OnServer(ServerFixture fixture) : ListTests(fixture), IClassFixture<ServerFixture>;

    public sealed class OnFunctions(FunctionsFixture fixture) : ListTests(fixture), IClassFixture<FunctionsFixture>;
}
