using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OllamaProxy.Api;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Worker;

namespace OllamaProxy.Tests.Api;

public class PipelineTests
{
    [Fact]
    public async Task An_answer_that_the_store_fails_before_its_first_byte_is_503()
    {
        await using var rig = await WorkerRig.StartAsync();
        var context = new DefaultHttpContext { RequestServices = rig.Services };

        await rig.Services.GetRequiredService<ApiPipeline>().RunAsync(context, _ => Task.FromResult<IResult>(new FailingAnswer()));

        Assert.Equal(StatusCodes.Status503ServiceUnavailable, context.Response.StatusCode);
    }

    private sealed class FailingAnswer : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => throw new StoreException("The database is gone.");
    }
}
