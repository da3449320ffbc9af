import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.*;
import java.io.IOException;
import java.util.Collections;

/** Every header that a servlet can read, by its own name. */
@WebServlet("/*")
public final class Echo extends HttpServlet {
    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setContentType("text/plain");
        for (String name : Collections.list(request.getHeaderNames())) {
            for (String value : Collections.list(request.getHeaders(name))) {
                response.getWriter().println(name + "=" + value);
            }
        }
        response.getWriter().println("getRemoteUser=" + request.getRemoteUser());
    }
}
